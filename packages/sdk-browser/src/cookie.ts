// One first-party cookie, readable on every subdomain of the site when asked. Which domain that is only the browser knows
// (co.uk, github.io): the widest one that takes a cookie is it.

export interface Cookie {
  read(): string | null
  write(value: string): void
  remove(): void
}

const YEAR_SECONDS = 31_536_000

/** Null where the page may not have cookies. */
export function openCookie(name: string, crossSubdomain: boolean): Cookie | null {
  const read = (of: string): string | null => {
    for (const part of document.cookie.split('; ')) {
      if (part.startsWith(`${of}=`)) return decodeURIComponent(part.slice(of.length + 1))
    }
    return null
  }
  const set = (of: string, value: string, domain: string, seconds: number) => {
    const secure = location.protocol === 'https:' ? ';secure' : ''
    document.cookie = `${of}=${encodeURIComponent(value)};path=/;max-age=${seconds};samesite=lax${domain}${secure}`
  }
  try {
    // From `;domain=uk` on to the host itself; last without a domain: localhost and addresses take no other.
    const labels = location.hostname.split('.')
    const domains = crossSubdomain
      ? labels.map((_, at) => `;domain=${labels.slice(at).join('.')}`).reverse()
      : []
    const probe = `${name}_probe`
    const domain = [...domains, ''].find((candidate) => {
      set(probe, '1', candidate, 9)
      const taken = read(probe) !== null
      set(probe, '', candidate, 0)
      return taken
    })
    if (domain === undefined) return null
    return {
      read: () => read(name),
      write: (value) => set(name, value, domain, YEAR_SECONDS),
      remove: () => set(name, '', domain, 0),
    }
  } catch {
    return null
  }
}

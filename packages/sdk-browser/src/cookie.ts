// One first-party cookie, readable on every subdomain of the site when asked. Which domain that is only the browser knows
// (co.uk, github.io): the widest one that takes a cookie is it.
import { quietly } from '@penstock/sdk-core'

export interface Cookie {
  read(): string | undefined
  write(value: string): void
  remove(): void
}

const YEAR_SECONDS = 31_536_000

/** Undefined where the page may not have cookies. */
export function openCookie(name: string, crossSubdomain: boolean): Cookie | undefined {
  const read = (of: string): string | undefined => {
    const value = `; ${document.cookie}`.split(`; ${of}=`)[1]?.split(';')[0]
    return value && decodeURIComponent(value)
  }
  const set = (of: string, value: string, attributes: string) => {
    const secure = location.protocol === 'https:' ? ';secure' : ''
    document.cookie = `${of}=${encodeURIComponent(value)};path=/;samesite=lax${secure}${attributes}`
  }
  return quietly(() => {
    const probe = `${name}_probe`
    // From `;domain=uk` on to the host itself; last without a domain: localhost and addresses take no other.
    const labels = crossSubdomain ? location.hostname.split('.') : []
    const domain = [...labels.map((_, at) => `;domain=${labels.slice(-at - 1).join('.')}`), ''].find(
      (candidate) => {
        set(probe, '1', `${candidate};max-age=9`)
        const taken = read(probe)
        set(probe, '', `${candidate};max-age=0`)
        return taken
      },
    )
    if (domain === undefined) return
    return {
      read: () => read(name),
      write: (value) => set(name, value, `${domain};max-age=${YEAR_SECONDS}`),
      remove: () => set(name, '', `${domain};max-age=0`),
    }
  })
}

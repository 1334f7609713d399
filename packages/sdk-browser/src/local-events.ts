// Events in localStorage (or sessionStorage), one key each: the journal of what IndexedDB could not commit before the page
// went, and the whole queue where there is no IndexedDB. Synchronous, and small: the storage belongs to the host page, which
// must never find it full because of us.

/** Characters of all our entries together. */
const MAX_CHARS = 262_144

export interface LocalEvents {
  /** False when there is no room, or no storage. */
  put(id: string, text: string): boolean
  remove(id: string): void
  /** Every event that is there, whichever tab put it. */
  all(): [id: string, text: string][]
}

/** `open` is called at the first use; when it gives null, nothing is kept. */
export function createLocalEvents(open: () => Storage | null, prefix: string): LocalEvents {
  let opened: Storage | null | undefined
  const storage = () => (opened === undefined ? (opened = open()) : opened)
  // Known only after the first look, and only roughly (other tabs write, too); it need not be exact.
  let used = -1
  const all = (): [string, string][] => {
    const from = storage()
    const found: [string, string][] = []
    for (const key of Object.keys(from ?? {})) {
      if (key.startsWith(prefix)) found.push([key.slice(prefix.length), from!.getItem(key) ?? ''])
    }
    used = found.reduce((sum, [, text]) => sum + text.length, 0)
    return found.sort()
  }
  return {
    put(id, text) {
      if (used < 0) all()
      if (used + text.length > MAX_CHARS) return false
      try {
        storage()!.setItem(prefix + id, text)
        used += text.length
        return true
      } catch {
        return false
      }
    },
    remove(id) {
      // Counted down at the next full look only: `used` may be too high for a while, never too low for long.
      if (used !== 0) opened?.removeItem(prefix + id)
    },
    all,
  }
}

// Events in localStorage (or sessionStorage), one key each: the journal of what IndexedDB could not commit before the page
// went, and the whole queue where there is no IndexedDB. Synchronous, and small: the storage belongs to the host page, which
// must never find it full because of us.
import type { StoredEvent } from '@penstock/sdk-core'
import { byteLength } from './platform.ts'
import type { WebStorage } from './web-storage.ts'

/** Characters of all our entries together. */
const MAX_CHARS = 262_144

export interface LocalEvents {
  /** Falsy when there is no room, or no storage. */
  put(event: StoredEvent): boolean | undefined
  remove(event: StoredEvent): void
  /** Every event that is there, whichever tab put it, in the order of ids. */
  all(): StoredEvent[]
}

export function createLocalEvents(storage: WebStorage, prefix: string): LocalEvents {
  // Known only after the first look, and only roughly (other tabs write, too); it need not be exact.
  let used = -1
  const all = (): StoredEvent[] => {
    used = 0
    return storage
      .allKeys()
      .filter((key) => key.startsWith(prefix))
      .sort()
      .map((key) => {
        const text = storage.load(key) ?? ''
        used += text.length
        return { id: key.slice(prefix.length), text, bytes: byteLength(text) }
      })
  }
  return {
    put({ id, text }) {
      if (used < 0) all()
      if (used + text.length > MAX_CHARS || !storage.save(prefix + id, text)) return
      used += text.length
      return true
    },
    // Counted down at the next full look only: `used` may be too high for a while, never too low for long.
    remove({ id }) {
      if (used !== 0) storage.erase(prefix + id)
    },
    all,
  }
}

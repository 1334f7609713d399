// The events in IndexedDB: one object store, `event_id` → JSON text, so that writing an event twice stores it once and ids
// of our own (UUIDv7) come back in the order of the calls. Every failure is a value: the caller falls back.
import type { StoredEvent } from '@penstock/sdk-core'

export interface Database {
  /** True once committed. */
  put(events: readonly StoredEvent[]): Promise<boolean>
  remove(ids: readonly string[]): void
  /** Every event, in the order of ids. Null when it cannot be read. */
  all(): Promise<[id: string, text: string][] | null>
}

const STORE = 'events'
// Some browsers have been seen to answer `open` never: then the page's own memory has to do.
const OPEN_TIMEOUT_MS = 3_000

/** Null when there is no IndexedDB for this page (denied, private mode, broken profile). */
export function openDatabase(name: string): Promise<Database | null> {
  return new Promise((resolve) => {
    const fail = () => resolve(null)
    try {
      const request = indexedDB.open(name, 1)
      request.onupgradeneeded = () => request.result.createObjectStore(STORE)
      request.onsuccess = () => resolve(wrap(request.result))
      request.onerror = fail
      setTimeout(fail, OPEN_TIMEOUT_MS)
    } catch {
      fail()
    }
  })
}

function wrap(connection: IDBDatabase): Database {
  // A later version of this script in another tab must not wait for us.
  connection.onversionchange = () => connection.close()

  const run = (mode: IDBTransactionMode, work: (store: IDBObjectStore) => void): Promise<boolean> =>
    new Promise((resolve) => {
      try {
        const transaction = connection.transaction(STORE, mode)
        transaction.oncomplete = () => resolve(true)
        transaction.onabort = () => resolve(false)
        work(transaction.objectStore(STORE))
        transaction.commit() // now, not when the last request called back: the page may be leaving
      } catch {
        resolve(false)
      }
    })

  return {
    put: (events) => run('readwrite', (store) => events.forEach(({ id, text }) => store.put(text, id))),
    remove: (ids) => void run('readwrite', (store) => ids.forEach((id) => store.delete(id))),
    async all() {
      let keys: IDBRequest<IDBValidKey[]> | undefined
      let texts: IDBRequest<string[]> | undefined
      const read = await run('readonly', (store) => {
        keys = store.getAllKeys()
        texts = store.getAll()
      })
      return read ? keys!.result.map((id, index) => [id as string, texts!.result[index]!]) : null
    },
  }
}

// The events in IndexedDB: one object store, keyed by `event_id`, so that writing an event twice stores it once and ids of our
// own (UUIDv7) come back in the order of the calls. Every failure is a value: the caller falls back.
import type { StoredEvent } from '@penstock/sdk-core'

export interface Database {
  /** Something once committed, undefined when that failed. */
  put(events: readonly StoredEvent[]): Promise<unknown>
  remove(events: readonly StoredEvent[]): void
  /** Every event, in the order of ids. Undefined when they cannot be read. */
  all(): Promise<StoredEvent[] | undefined>
}

// Of version 2; version 1 kept bare texts in `events`, which nothing here could read.
const STORE = 'queue'
// Some browsers have been seen to answer `open` never: then the page's own memory has to do.
const OPEN_TIMEOUT_MS = 3_000

/** Undefined when there is no IndexedDB for this page (denied, private mode, broken profile). */
export function openDatabase(name: string): Promise<Database | undefined> {
  return new Promise((resolve) => {
    const fail = () => resolve(undefined)
    try {
      const request = indexedDB.open(name, 2)
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' })
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

  /** What `work` returned, once that is committed; undefined when it is not. */
  const run = <Result>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => Result) =>
    new Promise<Result | undefined>((resolve) => {
      const fail = () => resolve(undefined)
      try {
        const transaction = connection.transaction(STORE, mode)
        const result = work(transaction.objectStore(STORE))
        transaction.oncomplete = () => resolve(result)
        transaction.onabort = fail
        transaction.commit() // now, not when the last request called back: the page may be leaving
      } catch {
        fail()
      }
    })

  return {
    put: (events) =>
      run('readwrite', (store) => events.map(({ id, text, bytes }) => store.put({ id, text, bytes }))),
    remove: (events) => void run('readwrite', (store) => events.map(({ id }) => store.delete(id))),
    all: async () => (await run('readonly', (store) => store.getAll() as IDBRequest<StoredEvent[]>))?.result,
  }
}

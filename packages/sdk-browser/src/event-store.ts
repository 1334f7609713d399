// What survives the page: writes events before they are sent, in one transaction a tick, and removes them after the answer.
// IndexedDB first, localStorage where that fails, memory where both do (warned once). All tabs share it.
// Guarantee: `flush` resolves only after everything appended is written or known to be unwritable; a removed event does not
// come back, also when it was removed while it was being written.
import type { Store, StoredEvent, Warner } from '@penstock/sdk-core'
import type { Database } from './database.ts'
import type { LocalEvents } from './local-events.ts'

export interface EventStore extends Store {
  /** Begins to write; before it, events wait in memory (consent is pending). */
  open(): void
  /** Every event that is stored, oldest first; null when that cannot be known. Moves the journal to where it belongs. */
  readAll(): Promise<StoredEvent[] | null>
  /** The page may go now: puts what is not written yet into the journal, at once; `carried`, which a request has, only if there is room. Returns those events. */
  journal(carried: readonly string[]): StoredEvent[]
  /** Whether the event was written once. When it is not in `readAll` then, somebody else settled it. */
  wasWritten(id: string): boolean
}

export interface EventStoreDeps {
  /** Null: no IndexedDB. Called once, by `open`. */
  openDatabase: () => Promise<Database | null>
  local: LocalEvents
  byteLength: (text: string) => number
  logger: Warner
  /** These are stored now: another tab may send them. */
  onWritten: (events: readonly StoredEvent[]) => void
  onRemoved: (ids: readonly string[]) => void
}

export function createEventStore(deps: EventStoreDeps): EventStore {
  const { local } = deps
  const waiting = new Map<string, StoredEvent>()
  /** Could not be written: they live in this page only. */
  const unwritten = new Set<string>()
  let database: Promise<Database | null> | undefined
  let writing: Promise<void> | undefined
  let warned = false
  /** Removed since the reading began that is under way: what it saw of them is out of date. */
  let outdated = new Set<string>()

  function schedule(): void {
    if (database !== undefined && waiting.size > 0) writing ??= write()
  }

  async function write(): Promise<void> {
    const db = await database
    while (waiting.size > 0) {
      const events = [...waiting.values()]
      const stored = db != null && (await db.put(events))
      const written = events.filter(({ id, text }) => {
        const kept = stored || local.put(id, text)
        if (stored) local.remove(id)
        // When it was removed meanwhile, its removal stands behind this write.
        if (waiting.delete(id)) return kept || !unwritten.add(id)
        if (!stored) local.remove(id)
        return false
      })
      if (unwritten.size > 0 && !warned) {
        warned = true
        deps.logger.warn('store_failed')
      }
      deps.onWritten(written)
    }
    writing = undefined
  }

  const wasWritten = (id: string) => !waiting.has(id) && !unwritten.has(id)
  const found = ([id, text]: [string, string]): StoredEvent => ({
    id,
    text,
    bytes: deps.byteLength(text),
  })

  return {
    append(event) {
      waiting.set(event.id, event)
      schedule()
      return true
    },
    flush: () => writing,
    remove(events) {
      const ids = events.map(({ id }) => id)
      for (const id of ids) {
        waiting.delete(id)
        unwritten.delete(id)
        outdated.add(id)
        local.remove(id)
      }
      void database?.then((db) => db?.remove(ids))
      deps.onRemoved(ids)
    },
    survives: ({ id }) => wasWritten(id),
    wasWritten,
    open() {
      database ??= deps.openDatabase()
      schedule()
    },
    async readAll() {
      const removed = (outdated = new Set())
      const db = await database
      const journal = local.all().map(found)
      const events = db == null ? [] : (await db.all())?.map(found)
      if (events === undefined) return null
      if (db != null && journal.length > 0 && (await db.put(journal)))
        for (const { id } of journal) local.remove(id)
      const ids = new Set(events.map(({ id }) => id))
      return [...events, ...journal.filter(({ id }) => !ids.has(id))].filter(({ id }) => !removed.has(id))
    },
    journal(carried) {
      const events = [...waiting.values()]
      if (database !== undefined) {
        for (const last of [false, true])
          for (const { id, text } of events) if (carried.includes(id) === last) local.put(id, text)
      }
      return events
    },
  }
}

// What survives the page: writes events before they are sent, in one transaction a tick, and removes them after the answer.
// IndexedDB first, localStorage where that fails, memory where both do. All tabs share it.
// Guarantee: `flush` resolves only after everything appended is written or known to be unwritable; a removed event does not
// come back, also when it was removed while it was being written.
import type { Outcome, Store, StoredEvent } from '@penstock/sdk-core'
import type { Database } from './database.ts'
import type { LocalEvents } from './local-events.ts'

export interface EventStore extends Store {
  /** Begins to write; before it, events wait in memory (consent is pending). Undefined: no IndexedDB. */
  open(database: Promise<Database | undefined>): void
  /** Every event that is stored, oldest first; undefined when that cannot be known. Moves the journal to where it belongs. */
  readAll(): Promise<StoredEvent[] | undefined>
  /** The page may go now: puts what is not written yet into the journal, at once; `carried`, which a request has, only if there is room. Returns those events. */
  journal(carried: readonly StoredEvent[]): StoredEvent[]
}

export interface EventStoreDeps {
  local: LocalEvents
  /** There are events that live in this page only. */
  onUnwritable: () => void
  /** Another tab may send these now. */
  onWritten: (events: readonly StoredEvent[]) => void
  onRemoved: (events: readonly StoredEvent[], outcome: Outcome) => void
}

export function createEventStore({ local, onUnwritable, onWritten, onRemoved }: EventStoreDeps): EventStore {
  const waiting = new Set<StoredEvent>()
  let database: Promise<Database | undefined> | undefined
  let writing: Promise<void> | undefined
  /** Removed since the reading began that is under way: what it saw of them is out of date. */
  let outdated = new Set<string>()

  function schedule(): void {
    if (database !== undefined && waiting.size > 0) writing ??= write()
  }

  async function write(): Promise<void> {
    const db = await database
    while (waiting.size > 0) {
      const events = [...waiting]
      const stored = await db?.put(events)
      onWritten(
        events.filter((event) => {
          const kept = stored || local.put(event)
          const removed = !waiting.delete(event)
          if (!kept && !removed) {
            event.ref = false
            onUnwritable()
          }
          // Out of the journal, where it may be since the page was hidden. The database has its removal behind this write.
          if (stored || removed) local.remove(event)
          return !removed
        }),
      )
    }
    writing = undefined
  }

  return {
    append(event) {
      waiting.add(event)
      schedule()
      return true
    },
    flush: () => writing,
    remove(events, outcome) {
      for (const event of events) {
        waiting.delete(event)
        outdated.add(event.id)
        local.remove(event)
      }
      void database?.then((db) => db?.remove(events))
      onRemoved(events, outcome)
    },
    survives: (event) => !waiting.has(event) && event.ref !== false,
    open(given) {
      database ??= given
      schedule()
    },
    async readAll() {
      const removed = (outdated = new Set())
      const db = await database
      const journal = local.all()
      const events = db ? await db.all() : []
      if (events === undefined) return
      if (journal.length > 0 && (await db?.put(journal))) journal.forEach(local.remove)
      const ids = new Set(events.map(({ id }) => id))
      return [...events, ...journal.filter(({ id }) => !ids.has(id))].filter(({ id }) => !removed.has(id))
    },
    journal(carried) {
      const events = [...waiting]
      if (database !== undefined) {
        for (const last of [false, true])
          for (const event of events) if (carried.includes(event) === last) local.put(event)
      }
      return events
    },
  }
}

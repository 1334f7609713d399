import type { StoredEvent } from '@penstock/sdk-core'
import { describe, expect, it } from 'vitest'
import type { Database } from './database.ts'
import { createEventStore } from './event-store.ts'
import { createLocalEvents } from './local-events.ts'
import { createMemoryStorage } from './testing/memory-storage.ts'

const event = (id: string): StoredEvent => ({ id, text: `{"event_id":"${id}"}`, bytes: 20 })

/** A database whose commits wait until `commit` is called, or fail. */
function createDatabase() {
  const rows = new Map<string, StoredEvent>()
  const commits: (() => void)[] = []
  const database: Database & { rows: typeof rows; broken: boolean; commit(): Promise<void> } = {
    rows,
    broken: false,
    put: (events) =>
      new Promise((resolve) => {
        commits.push(() => {
          if (!database.broken) for (const event of events) rows.set(event.id, event)
          resolve(database.broken ? undefined : true)
        })
      }),
    remove: (events) => void commits.push(() => events.forEach(({ id }) => rows.delete(id))),
    all: () => Promise.resolve(database.broken ? undefined : [...rows.values()]),
    async commit() {
      await new Promise((resolve) => setTimeout(resolve))
      for (const go of commits.splice(0)) go()
      await new Promise((resolve) => setTimeout(resolve))
    },
  }
  return database
}

function createWorld(database = createDatabase()) {
  const storage = createMemoryStorage()
  const told = { written: [] as string[], removed: [] as string[], unwritable: 0 }
  const store = createEventStore({
    local: createLocalEvents(storage, 'p:'),
    onUnwritable: () => (told.unwritable += 1),
    onWritten: (events) => void told.written.push(...events.map(({ id }) => id)),
    onRemoved: (events) => void told.removed.push(...events.map(({ id }) => id)),
  })
  const open = () => store.open(Promise.resolve(database))
  return { store, open, database, storage, told }
}

describe('the event store', () => {
  it('writes nothing before it is opened, then everything', async () => {
    const { store, open, database, storage } = createWorld()
    const first = event('a')
    store.append(first)
    expect(store.journal([]).map(({ id }) => id)).toEqual(['a'])
    expect([store.flush(), storage.allKeys(), store.survives(first)]).toEqual([undefined, [], false])
    open()
    await database.commit()
    await store.flush()
    expect([[...database.rows.keys()], store.survives(first)]).toEqual([['a'], true])
  })

  it('keeps `flush` waiting until what was appended meanwhile is written, too', async () => {
    const { store, open, database, told } = createWorld()
    open()
    store.append(event('a'))
    const flushed = Promise.resolve(store.flush()).then(() => [...told.written])
    await new Promise((resolve) => setTimeout(resolve))
    store.append(event('b'))
    await database.commit()
    await database.commit()
    expect(await flushed).toEqual(['a', 'b'])
  })

  it('lets no event come back that was removed while it was being written', async () => {
    const { store, open, database } = createWorld()
    open()
    const removed = event('a')
    store.append(removed)
    await new Promise((resolve) => setTimeout(resolve))
    store.remove([removed], 'delivered')
    await database.commit()
    await database.commit()
    expect(await store.readAll()).toEqual([])
  })

  it('journals what is not written when the page goes, and the next page finds it once', async () => {
    const { store, open, database, storage } = createWorld()
    open()
    store.append(event('a'))
    store.append(event('b'))
    expect(store.journal([])).toHaveLength(2)
    expect(storage.allKeys()).toEqual(['p:a', 'p:b'])
    database.rows.set('a', event('a')) // this one was written after all
    const found = store.readAll()
    await database.commit()
    await database.commit()
    expect((await found)?.map(({ id }) => id)).toEqual(['a', 'b'])
    expect([storage.allKeys(), [...database.rows.keys()].sort()]).toEqual([[], ['a', 'b']])
  })

  it('falls back to web storage, then to memory, which is said, and hands over all the same', async () => {
    const { store, open, database, storage, told } = createWorld()
    open()
    database.broken = true
    const events = ['a', 'b', 'c'].map(event)
    store.append(events[0]!)
    await database.commit()
    expect([storage.allKeys(), told.unwritable, store.survives(events[0]!)]).toEqual([['p:a'], 0, true])
    storage.save = () => undefined
    for (const unwritable of events.slice(1)) {
      store.append(unwritable)
      await database.commit()
    }
    expect(told.unwritable).toBe(2)
    expect(events.map(store.survives)).toEqual([true, false, false])
    expect(told.written).toEqual(['a', 'b', 'c'])
    expect(await store.readAll()).toBeUndefined() // unreadable is not empty
  })
})

import type { StoredEvent } from '@penstock/sdk-core'
import { describe, expect, it } from 'vitest'
import type { Database } from './database.ts'
import { createEventStore } from './event-store.ts'
import { createLocalEvents } from './local-events.ts'
import { createMemoryStorage } from './testing/memory-storage.ts'

const event = (id: string): StoredEvent => ({ id, text: `{"event_id":"${id}"}`, bytes: 20 })

/** A database whose commits wait until `commit` is called, or fail. */
function createDatabase() {
  const rows = new Map<string, string>()
  const commits: (() => void)[] = []
  const database: Database & { rows: typeof rows; broken: boolean; commit(): Promise<void> } = {
    rows,
    broken: false,
    put: (events) =>
      new Promise((resolve) => {
        commits.push(() => {
          if (!database.broken) for (const { id, text } of events) rows.set(id, text)
          resolve(!database.broken)
        })
      }),
    remove: (ids) => void commits.push(() => ids.forEach((id) => rows.delete(id))),
    all: () => Promise.resolve(database.broken ? null : [...rows]),
    async commit() {
      await new Promise((resolve) => setTimeout(resolve))
      for (const go of commits.splice(0)) go()
      await new Promise((resolve) => setTimeout(resolve))
    },
  }
  return database
}

function createWorld(database: ReturnType<typeof createDatabase> | null = createDatabase()) {
  const storage = createMemoryStorage()
  const told = { written: [] as string[], removed: [] as string[], warnings: [] as string[] }
  const store = createEventStore({
    openDatabase: () => Promise.resolve(database),
    local: createLocalEvents(() => storage, 'p:'),
    byteLength: (text) => text.length,
    logger: { warn: (code) => void told.warnings.push(code) },
    onWritten: (events) => void told.written.push(...events.map(({ id }) => id)),
    onRemoved: (ids) => void told.removed.push(...ids),
  })
  return { store, database: database!, storage, told }
}

describe('the event store', () => {
  it('writes nothing before it is opened, then everything', async () => {
    const { store, database, storage } = createWorld()
    store.append(event('a'))
    expect(store.journal([]).map(({ id }) => id)).toEqual(['a'])
    expect([store.flush(), Object.keys(storage), store.survives(event('a'))]).toEqual([undefined, [], false])
    store.open()
    await database.commit()
    await store.flush()
    expect([[...database.rows.keys()], store.survives(event('a'))]).toEqual([['a'], true])
  })

  it('keeps `flush` waiting until what was appended meanwhile is written, too', async () => {
    const { store, database, told } = createWorld()
    store.open()
    store.append(event('a'))
    const flushed = Promise.resolve(store.flush()).then(() => [...told.written])
    await new Promise((resolve) => setTimeout(resolve))
    store.append(event('b'))
    await database.commit()
    await database.commit()
    expect(await flushed).toEqual(['a', 'b'])
  })

  it('lets no event come back that was removed while it was being written', async () => {
    const { store, database } = createWorld()
    store.open()
    store.append(event('a'))
    await new Promise((resolve) => setTimeout(resolve))
    store.remove([event('a')])
    await database.commit()
    await database.commit()
    expect(await store.readAll()).toEqual([])
  })

  it('journals what is not written when the page goes, and the next page finds it once', async () => {
    const { store, database, storage } = createWorld()
    store.open()
    store.append(event('a'))
    store.append(event('b'))
    expect(store.journal([])).toHaveLength(2)
    expect(Object.keys(storage)).toEqual(['p:a', 'p:b'])
    database.rows.set('a', event('a').text) // this one was written after all
    const found = store.readAll()
    await database.commit()
    await database.commit()
    expect((await found)?.map(({ id }) => id)).toEqual(['a', 'b'])
    expect([Object.keys(storage), [...database.rows.keys()].sort()]).toEqual([[], ['a', 'b']])
  })

  it('falls back to web storage, then to memory with one warning', async () => {
    const { store, database, storage, told } = createWorld()
    store.open()
    database.broken = true
    store.append(event('a'))
    await database.commit()
    expect([Object.keys(storage), told.warnings, store.survives(event('a'))]).toEqual([['p:a'], [], true])
    storage.setItem = () => {
      throw new Error('full')
    }
    for (const id of ['b', 'c']) {
      store.append(event(id))
      await database.commit()
    }
    expect([told.warnings, store.survives(event('b')), store.wasWritten('c')]).toEqual([
      ['store_failed'],
      false,
      false,
    ])
    expect(await store.readAll()).toBeNull() // unreadable is not empty
  })
})

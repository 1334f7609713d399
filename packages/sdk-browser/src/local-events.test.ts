import { describe, expect, it } from 'vitest'
import { createLocalEvents } from './local-events.ts'
import { createMemoryStorage } from './testing/memory-storage.ts'

describe('events in web storage', () => {
  it('come back in the order of their ids, whichever tab put them', () => {
    const storage = createMemoryStorage()
    storage.setItem('theirs', 'x')
    const one = createLocalEvents(() => storage, 'p:')
    const other = createLocalEvents(() => storage, 'p:')
    expect([one.put('b', '{"b":1}'), other.put('a', '{"a":1}')]).toEqual([true, true])
    expect(one.all()).toEqual([
      ['a', '{"a":1}'],
      ['b', '{"b":1}'],
    ])
    other.remove('b')
    expect(one.all()).toEqual([['a', '{"a":1}']])
    expect(storage.getItem('theirs')).toBe('x')
  })

  it('take no more than their share', () => {
    const storage = createMemoryStorage()
    const events = createLocalEvents(() => storage, 'p:')
    const kept = Array.from({ length: 40 }, (_, at) => events.put(String(at), 'x'.repeat(10_000)))
    expect(kept.filter(Boolean)).toHaveLength(26)
    for (let at = 0; at < 26; at++) events.remove(String(at))
    events.all()
    expect(events.put('later', 'x')).toBe(true)
  })

  it('are refused where the storage is full or denied', () => {
    expect(createLocalEvents(() => createMemoryStorage(5), 'p:').put('a', 'xxxxx')).toBe(false)
    const denied = createLocalEvents(() => null, 'p:')
    expect([denied.put('a', 'x'), denied.all()]).toEqual([false, []])
  })
})

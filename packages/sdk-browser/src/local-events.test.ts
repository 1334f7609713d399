import { describe, expect, it } from 'vitest'
import { createLocalEvents } from './local-events.ts'
import { createMemoryStorage } from './testing/memory-storage.ts'
import { openWebStorage } from './web-storage.ts'

const event = (id: string, text: string) => ({ id, text, bytes: text.length })

describe('events in web storage', () => {
  it('come back in the order of their ids, whichever tab put them', () => {
    const storage = createMemoryStorage()
    storage.save('theirs', 'x')
    const one = createLocalEvents(storage, 'p:')
    const other = createLocalEvents(storage, 'p:')
    expect([one.put(event('b', '{"b":1}')), other.put(event('a', '{"a":1}'))]).toEqual([true, true])
    expect(one.all()).toEqual([event('a', '{"a":1}'), event('b', '{"b":1}')])
    other.remove(event('b', ''))
    expect(one.all()).toEqual([event('a', '{"a":1}')])
    expect(storage.load('theirs')).toBe('x')
  })

  it('take no more than their share', () => {
    const storage = createMemoryStorage()
    const events = createLocalEvents(storage, 'p:')
    const kept = Array.from({ length: 40 }, (_, at) => events.put(event(String(at), 'x'.repeat(10_000))))
    expect(kept.filter(Boolean)).toHaveLength(26)
    for (let at = 0; at < 26; at++) events.remove(event(String(at), ''))
    events.all()
    expect(events.put(event('later', 'x'))).toBe(true)
  })

  it('are refused where the storage is full or denied', () => {
    expect(createLocalEvents(createMemoryStorage(5), 'p:').put(event('a', 'xxxxx'))).toBeFalsy()
    const denied = createLocalEvents(openWebStorage(null), 'p:')
    expect([denied.put(event('a', 'x')), denied.all()]).toEqual([undefined, []])
  })
})

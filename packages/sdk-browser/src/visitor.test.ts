import { describe, expect, it } from 'vitest'
import type { Cookie } from './cookie.ts'
import { createMemoryStorage } from './testing/memory-storage.ts'
import { createVisitor, isId } from './visitor.ts'
import { type WebStorage, openWebStorage } from './web-storage.ts'

const MINUTE = 60_000

function createSite() {
  let text: string | undefined
  const site = { now: 1_000 * MINUTE, writes: 0, ids: 0 }
  const cookie: Cookie = {
    read: () => text,
    write: (value) => {
      site.writes++
      text = value
    },
    remove: () => (text = undefined),
  }
  /** A page on a subdomain: localStorage is the subdomain's, the cookie the site's. */
  const open = (storage: WebStorage, cookies: Cookie | null = cookie) => {
    const visitor = createVisitor(
      () => site.now,
      () => `id${++site.ids}`,
      'k',
    )
    visitor.keep(storage, cookies ?? undefined)
    return visitor
  }
  return { site, cookie, open }
}

describe('a visitor', () => {
  it('is the same on all subdomains by the cookie, whichever wrote last', () => {
    const { site, open } = createSite()
    const shop = open(createMemoryStorage())
    const blog = open(createMemoryStorage())
    const first = shop.stamp()
    expect(blog.stamp()).toMatchObject({ anonymous_id: first.anonymous_id, session_id: first.session_id })
    site.now += 10
    blog.identify('u1')
    blog.stamp()
    expect(shop.stamp().user_id).toBe('u1')
  })

  it('keeps one order between two tabs within a millisecond', () => {
    const { open } = createSite()
    const storage = createMemoryStorage()
    const first = open(storage)
    const second = open(storage)
    const seqs = [first.stamp().seq, second.stamp().seq]
    first.identify('u1') // goes to the cookie, with the next `seq` of this moment
    seqs.push(first.stamp().seq, second.stamp().seq, first.stamp().seq)
    expect(seqs).toEqual([0, 1, 2, 3, 4])
  })

  it('rewrites the cookie only when something about it changed or a minute passed', () => {
    const { site, open } = createSite()
    const visitor = open(createMemoryStorage())
    visitor.stamp()
    const before = site.writes
    for (let at = 0; at < 50; at++) {
      site.now += 1_000
      visitor.stamp()
    }
    expect(site.writes).toBe(before)
    site.now += 11_000
    visitor.stamp()
    expect(site.writes).toBe(before + 1)
  })

  it('begins a session at 30 idle minutes exactly and not before, and at 24 hours', () => {
    const { site, open } = createSite()
    const visitor = open(createMemoryStorage())
    const first = visitor.stamp().session_id
    site.now += 30 * MINUTE - 1
    expect(visitor.stamp().session_id).toBe(first)
    site.now += 30 * MINUTE
    const second = visitor.stamp()
    expect([second.session_id === first, second.seq]).toEqual([false, 0])
    for (let at = 0; at < 49; at++) {
      site.now += 29 * MINUTE
      expect(visitor.stamp().session_id).toBe(second.session_id)
    }
    site.now += 19 * MINUTE
    expect(visitor.stamp().session_id).not.toBe(second.session_id)
  })

  it('is not stuck in the future after a clock that was far ahead', () => {
    const { site, open } = createSite()
    const visitor = open(createMemoryStorage())
    site.now += 1e9
    visitor.stamp()
    site.now -= 1e9
    const back = visitor.stamp().session_id
    site.now += 31 * MINUTE
    expect(visitor.stamp().session_id).not.toBe(back)
  })

  it('lives in memory where nothing can be kept, and forgets when told', () => {
    const { open, cookie } = createSite()
    const visitor = open(openWebStorage(null), null)
    expect(visitor.stamp().anonymous_id).toBe(visitor.stamp().anonymous_id)
    const storage = createMemoryStorage()
    const kept = open(storage)
    kept.stamp()
    kept.forget()
    expect([storage.load('k'), cookie.read()]).toEqual([null, undefined])
  })

  it('does not trust what it finds', () => {
    const { open } = createSite()
    for (const text of ['{', '[]', 'null', '{"a":1,"t":1}', '{"a":"x"}']) {
      const storage = createMemoryStorage()
      storage.save('k', text)
      expect(open(storage, null).stamp().seq).toBe(0)
    }
  })
})

it('knows ids that the gateway would refuse', () => {
  expect(['u1', '42', 'x'.repeat(255)].map(isId)).toEqual([true, true, true])
  expect(['', ' ', 'null', 'Undefined', '[object Object]', 'x'.repeat(256)].some(isId)).toBe(false)
})

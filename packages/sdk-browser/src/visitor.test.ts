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

  it('that was here before it may be kept is the same on the next page, with its campaign', () => {
    const { site, cookie } = createSite()
    const storage = createMemoryStorage()
    const next = () => `id${++site.ids}`
    const first = createVisitor(() => site.now, next, 'k')
    first.setCampaign({ source: 'ad' })
    const { anonymous_id, session_id } = first.stamp()
    first.keep(storage, cookie)
    const second = createVisitor(() => site.now, next, 'k')
    second.keep(storage, cookie)
    expect(second.campaignNow()).toEqual({ source: 'ad' })
    expect(second.stamp()).toMatchObject({ anonymous_id, session_id, seq: 1 })
  })

  it('is somebody new after it was forgotten', () => {
    const { open } = createSite()
    const storage = createMemoryStorage()
    const visitor = open(storage)
    visitor.identify('u1')
    const before = visitor.stamp()
    visitor.forget()
    visitor.keep(storage, undefined)
    const after = visitor.stamp()
    expect(after.user_id).toBeUndefined()
    expect([after.anonymous_id === before.anonymous_id, after.session_id === before.session_id]).toEqual([
      false,
      false,
    ])
  })

  it('keeps nothing of one user for another, and everything of somebody who becomes known', () => {
    const { open } = createSite()
    const visitor = open(createMemoryStorage())
    const unknown = visitor.stamp()
    visitor.identify('u1')
    visitor.group('acme')
    visitor.setCampaign({ source: 'ad' })
    visitor.identify('u1')
    const { anonymous_id, session_id } = unknown
    expect(visitor.stamp()).toMatchObject({ anonymous_id, session_id, user_id: 'u1', group_id: 'acme' })
    visitor.identify('u2')
    const other = visitor.stamp()
    expect(other).toMatchObject({ user_id: 'u2', group_id: undefined, seq: 0 })
    expect([other.anonymous_id === anonymous_id, other.session_id === session_id]).toEqual([false, false])
    expect(visitor.campaignNow()).toBeUndefined()
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

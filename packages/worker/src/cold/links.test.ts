import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ColdLink, ColdRow } from '@penstock/pipeline'
import { createLinkMemory, linksOf } from './links.ts'

const row = (change: Partial<ColdRow>): ColdRow => ({
  projectId: 'shop',
  eventId: new Uint8Array(16),
  type: 'track',
  name: 'Seen',
  event: 'Seen',
  pageName: null,
  eventTime: 1,
  receivedAt: 1,
  originalTimestamp: null,
  userId: '',
  anonymousId: '',
  previousId: '',
  groupId: '',
  sessionId: null,
  seq: null,
  properties: '',
  traits: '',
  context: '',
  ...change,
})

/** Who holds an anonymous id: the smallest (time, id). */
function holders(links: readonly ColdLink[]): Record<string, string> {
  const sorted = [...links].sort((a, b) => a.eventTime - b.eventTime || Buffer.compare(a.eventId, b.eventId))
  return Object.fromEntries(sorted.reverse().map((link) => [link.anonymousId, link.userId]))
}

describe('links', () => {
  it('are stated by both ids, and by an alias for its previous id as well', () => {
    expect(linksOf(row({ userId: 'u' }))).toEqual([])
    expect(linksOf(row({ anonymousId: 'a' }))).toEqual([])
    expect(linksOf(row({ userId: 'u', anonymousId: 'a' }))).toMatchObject([{ anonymousId: 'a', userId: 'u' }])
    const alias = linksOf(row({ type: 'alias', userId: 'u', anonymousId: 'a', previousId: 'p' }))
    expect(alias.map(({ anonymousId }) => anonymousId)).toEqual(['a', 'p'])
    expect(linksOf(row({ type: 'track', userId: 'u', previousId: 'p' }))).toEqual([])
  })

  it('that are remembered keep nothing of their messages in memory', () => {
    const memory = createLinkMemory(() => 10)
    const message = Buffer.alloc(1_000, 1)
    const link = row({ userId: 'u', anonymousId: 'a', eventId: message.subarray(8, 24) })
    memory.learn(memory.needed([link]))
    // A memory that looks into the message would hold the link for an earlier one now, and leave out what comes first.
    message.fill(0)
    const earlier = row({ userId: 'v', anonymousId: 'a', eventId: new Uint8Array(16).fill(0) })
    expect(memory.needed([earlier])).toHaveLength(1)
  })

  it('that are left out never change who holds an anonymous id, however small the memory', () => {
    const event = fc.record({
      time: fc.integer({ min: 0, max: 9 }),
      id: fc.integer({ min: 0, max: 255 }),
      user: fc.constantFrom('u1', 'u2', 'u3'),
      anonymous: fc.constantFrom('a1', 'a2', 'a3'),
    })
    fc.assert(
      fc.property(fc.array(fc.array(event)), fc.integer({ min: 0, max: 3 }), (plans, maxLinks) => {
        const memory = createLinkMemory(() => maxLinks)
        const all: ColdLink[] = []
        const stated: ColdLink[] = []
        let serial = 0
        for (const plan of plans) {
          const rows = plan.map(({ time, id, user, anonymous }) => {
            const eventId = Uint8Array.from([id, ++serial >> 8, serial, ...new Array<number>(13).fill(0)])
            return row({ eventTime: time, eventId, userId: user, anonymousId: anonymous })
          })
          const needed = memory.needed(rows)
          all.push(...rows.flatMap(linksOf))
          stated.push(...needed)
          memory.learn(needed)
        }
        expect(holders(stated)).toEqual(holders(all))
      }),
    )
  })
})

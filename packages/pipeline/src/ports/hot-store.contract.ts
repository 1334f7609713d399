// What every HotStore and HotSweeper must do, stated once. Rows come through WorkerState, as in the worker.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ActorKey, HotRow, HotStore } from './hot-store.ts'
import { SAMPLE_TIME, sampleCommit, sampleEvent, sampleId, type SampleEvent } from './sample-events.ts'
import type { OpenedState } from './worker-state.contract.ts'
import type { StateRow } from './worker-state.ts'

/** @param open - an empty state. */
export function describeHotStore(name: string, open: () => Promise<OpenedState>): void {
  describe(`HotStore: ${name}`, () => {
    let opened: OpenedState
    let hot: HotStore
    let row: StateRow
    beforeEach(async () => {
      opened = await open()
      hot = opened.hot
      row = await opened.state.acquire(0)
    })
    afterEach(() => opened.close())

    const put = (...samples: SampleEvent[]) =>
      opened.state.commitHot(sampleCommit(row, samples.map(sampleEvent)))
    const user = (id: string, projectId = 'p'): ActorKey => ({ projectId, kind: 'user', id })
    const anonymous = (id: string, projectId = 'p'): ActorKey => ({ projectId, kind: 'anonymous', id })
    const number = ({ eventId }: Pick<HotRow, 'eventId'>): number => Buffer.from(eventId).readUInt32BE(0)
    const numbers = async (actor: ActorKey): Promise<number[]> =>
      (await hot.timeline(actor, { limit: 1_000 })).map(number)

    describe('events', () => {
      it('come in the order asked for, with their bytes as sent, null where nothing is stored', async () => {
        const events = [1, 2].map((n) =>
          sampleEvent({ n, at: [3, n], eventTime: SAMPLE_TIME - n, event: { user_id: 'ü😀' } }),
        )
        const big = sampleEvent({ n: 3, event: { properties: { text: 'x'.repeat(32_000) } } })
        await opened.state.commitHot(sampleCommit(row, [...events, big]))
        const missing = { projectId: 'p2', eventId: sampleId(1) }
        const found = await hot.events([events[1]!, missing, big, events[0]!])
        expect(found[1]).toBeNull()
        for (const [at, event] of [events[1]!, null, big, events[0]!].entries()) {
          if (event === null) continue
          const { bytes, eventId, ...rest } = found[at] as HotRow
          expect(Buffer.compare(bytes, event.bytes)).toBe(0)
          expect(Buffer.compare(eventId, event.eventId)).toBe(0)
          expect(rest).toEqual({
            projectId: 'p',
            position: event.position,
            receivedAt: event.receivedAt,
            eventTime: event.eventTime,
          })
        }
      })
    })

    describe('timeline', () => {
      it('is newest first, by event time and then by event id', async () => {
        const times = [5, 1, 5, 9, 1, 5]
        await put(...times.map((time, n) => ({ n, eventTime: SAMPLE_TIME + time })))
        expect(await numbers(user('u'))).toEqual([3, 5, 2, 0, 4, 1])
      })

      it('orders times before 1970 and beyond 32 bits', async () => {
        const times = [0, -1, 1, 2 ** 32, 2 ** 32 - 1, SAMPLE_TIME, -(2 ** 33)]
        await put(...times.map((eventTime, n) => ({ n, eventTime })))
        expect(await numbers(user('u'))).toEqual([5, 3, 4, 2, 0, 1, 6])
        expect(await hot.span(user('u'))).toEqual({ firstSeen: -(2 ** 33), lastSeen: SAMPLE_TIME })
      })

      it('goes on strictly behind a place, whether something stands there or not', async () => {
        await put(...[1, 2, 3, 4].map((n) => ({ n, eventTime: SAMPLE_TIME + (n >> 1) })))
        const behind = async (eventTime: number, n: number) =>
          (await hot.timeline(user('u'), { before: { eventTime, eventId: sampleId(n) }, limit: 10 })).map(
            number,
          )
        expect(await behind(SAMPLE_TIME + 2, 4)).toEqual([3, 2, 1])
        expect(await behind(SAMPLE_TIME + 1, 3)).toEqual([2, 1])
        expect(await behind(SAMPLE_TIME + 1, 900)).toEqual([3, 2, 1])
        expect(await behind(SAMPLE_TIME, 1)).toEqual([])
      })

      it('stands under the user when there is one, else under the anonymous id; the two are apart', async () => {
        await put(
          { n: 1, event: { user_id: '42' } },
          { n: 2, event: { anonymous_id: '42' } },
          { n: 3, event: { user_id: '42', anonymous_id: '42' } },
          { n: 4, projectId: 'p2', event: { user_id: '42' } },
        )
        expect(await numbers(user('42'))).toEqual([3, 1])
        expect(await numbers(anonymous('42'))).toEqual([2])
        expect(await numbers(user('42', 'p2'))).toEqual([4])
        expect(await numbers(user('4'))).toEqual([])
      })

      it('keeps ids apart that begin alike, hold NUL, or are as long as ids may be', async () => {
        const long = '😀'.repeat(254)
        const ids = ['a', 'ab', 'a\0', 'a\0b', '\0', 'ä', long + 'x', long + 'y', 'A']
        await put(...ids.map((id, n) => ({ n, event: { user_id: id, anonymous_id: id } })))
        for (const [n, id] of ids.entries()) {
          expect(await numbers(user(id))).toEqual([n])
          expect(await hot.linkedUser('p', id)).toBe(id)
          expect(await hot.linkedAnonymousIds('p', id)).toEqual([id])
        }
      })

      it('gives every event once, whatever the size of the pages', async () => {
        const arbitrary = fc.record({
          times: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 40 }),
          limit: fc.integer({ min: 1, max: 12 }),
        })
        let round = 0
        await fc.assert(
          fc.asyncProperty(arbitrary, async ({ times, limit }) => {
            const id = `u${round++}`
            const base = round * 1_000
            const samples = times.map((time, index) => ({
              n: base + index,
              eventTime: SAMPLE_TIME + time,
              event: { user_id: id },
            }))
            await put(...samples)
            const expected = [...samples]
              .sort((a, b) => b.eventTime - a.eventTime || b.n - a.n)
              .map(({ n }) => n)
            const found: number[] = []
            let page = await hot.timeline(user(id), { limit })
            while (page.length > 0) {
              expect(page.length).toBeLessThanOrEqual(limit)
              found.push(...page.map(number))
              page = await hot.timeline(user(id), { limit, before: page.at(-1) as HotRow })
            }
            expect(found).toEqual(expected)
          }),
          { numRuns: 25 },
        )
      })
    })

    it('knows the first and the last time under an id', async () => {
      await put(...[5, 1, 9].map((time, n) => ({ n, eventTime: SAMPLE_TIME + time })))
      expect(await hot.span(user('u'))).toEqual({ firstSeen: SAMPLE_TIME + 1, lastSeen: SAMPLE_TIME + 9 })
      expect(await hot.span(anonymous('u'))).toBeNull()
    })

    describe('links', () => {
      it('hold by the smallest (event time, event id), whatever the order and the commits they come in', async () => {
        const fact = fc.record({
          time: fc.integer({ min: 0, max: 2 }),
          anonymousId: fc.constantFrom('a', 'b'),
          userId: fc.constantFrom('x', 'y', 'z'),
          cut: fc.boolean(),
        })
        let round = 0
        await fc.assert(
          fc.asyncProperty(
            fc.array(fact, { minLength: 1, maxLength: 12 }),
            fc.infiniteStream(fc.nat()),
            async (facts, ranks) => {
              const projectId = `p${round++}`
              const stated = facts.map((one, n) => ({ ...one, n: round * 100 + n }))
              const order = stated.map((one) => ({ one, rank: ranks.next().value as number }))
              const batch: SampleEvent[] = []
              for (const { one } of order.sort((a, b) => a.rank - b.rank)) {
                batch.push({
                  n: one.n,
                  projectId,
                  eventTime: SAMPLE_TIME + one.time,
                  event: { user_id: one.userId, anonymous_id: one.anonymousId },
                })
                if (one.cut) await put(...batch.splice(0))
              }
              await put(...batch)
              const held = new Map<string, string>()
              for (const { anonymousId, userId } of [...stated].sort(
                (a, b) => a.time - b.time || a.n - b.n,
              )) {
                if (!held.has(anonymousId)) held.set(anonymousId, userId)
              }
              for (const anonymousId of ['a', 'b']) {
                expect(await hot.linkedUser(projectId, anonymousId)).toBe(held.get(anonymousId) ?? null)
              }
              for (const userId of ['x', 'y', 'z']) {
                const ids = ['a', 'b'].filter((anonymousId) => held.get(anonymousId) === userId)
                expect(await hot.linkedAnonymousIds(projectId, userId)).toEqual(ids)
              }
            },
          ),
          { numRuns: 40 },
        )
      })

      it('are made by `alias` from `previous_id`, too', async () => {
        await put(
          { n: 1, event: { type: 'alias', user_id: 'x', previous_id: 'old' } },
          { n: 2, event: { type: 'alias', user_id: 'y', previous_id: 'old2', anonymous_id: 'device' } },
          { n: 3, event: { type: 'track', event: 'No alias', user_id: 'z', previous_id: 'old3' } },
        )
        expect(await hot.linkedUser('p', 'old')).toBe('x')
        expect(await hot.linkedAnonymousIds('p', 'y')).toEqual(['device', 'old2'])
        expect(await hot.linkedUser('p', 'old3')).toBeNull()
      })

      it('come in code-point order and stay in their project', async () => {
        const ids = ['z', '😀', 'ﬀ', 'a', 'ä', 'aa']
        await put(...ids.map((id, n) => ({ n, event: { user_id: 'x', anonymous_id: id } })))
        expect(await hot.linkedAnonymousIds('p', 'x')).toEqual(['a', 'aa', 'z', 'ä', 'ﬀ', '😀'])
        expect(await hot.linkedUser('p2', 'a')).toBeNull()
        expect(await hot.linkedAnonymousIds('p2', 'x')).toEqual([])
      })
    })

    describe('traits', () => {
      const profileOf = async (userId: string) => {
        const profile = await hot.profile('p', userId)
        return profile === null ? null : Object.fromEntries(profile.traits)
      }
      const identify = (
        n: number,
        time: number,
        traits: Record<string, string | number | null>,
      ): SampleEvent => ({
        n,
        eventTime: SAMPLE_TIME + time,
        event: { type: 'identify', user_id: 'u', traits },
      })

      it('are for each key those of the last `identify` that has the key, in whatever order they come', async () => {
        await put(identify(1, 5, { plan: 'pro', seats: 3 }))
        await put(
          identify(2, 1, { plan: 'free', city: 'Malmö' }),
          identify(3, 9, { seats: 4 }),
          identify(4, 7, { seats: 9 }),
        )
        await put(identify(6, 9, { tie: 'b' }), identify(5, 9, { tie: 'a' }))
        expect(await profileOf('u')).toEqual({ plan: 'pro', seats: 4, city: 'Malmö', tie: 'b' })
      })

      it('are unset by `null`, also when an older value comes later', async () => {
        await put(identify(1, 5, { plan: null, seats: 3 }))
        await put(identify(2, 1, { plan: 'free' }))
        expect(await profileOf('u')).toEqual({ seats: 3 })
      })

      it('come from `identify` only, and belong to that user only', async () => {
        await put(
          { n: 1, event: { type: 'track', event: 'x', user_id: 'u', traits: { plan: 'no' } } },
          { n: 2, event: { type: 'identify', user_id: 'u2', traits: { plan: 'yes' } } },
        )
        expect(await hot.profile('p', 'u')).toBeNull()
        expect(await profileOf('u2')).toEqual({ plan: 'yes' })
        expect(await hot.profile('p2', 'u2')).toBeNull()
      })

      it('may have any key', async () => {
        const traits = JSON.parse('{"__proto__":1,"constructor":2,"":3,"a\\u0000b":4}') as Record<
          string,
          number
        >
        await put({ n: 1, event: { type: 'identify', user_id: 'u', traits } })
        const profile = await hot.profile('p', 'u')
        expect(profile?.traits).toEqual(
          new Map([
            ['__proto__', 1],
            ['constructor', 2],
            ['', 3],
            ['a\0b', 4],
          ]),
        )
      })
    })
  })
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ObservedLease } from './observer.ts'
import { shareOut } from './share-out.ts'

const DURATION = 6_000

const lease = (partition: number, holder: string | null, unchangedMs = 0): ObservedLease => ({
  partition,
  epoch: 1,
  holder,
  renewals: 0,
  unchangedMs,
})

function share(
  me: string,
  leases: readonly ObservedLease[],
  workers: readonly string[],
  shunned: number[] = [],
) {
  const mine = new Set(leases.flatMap(({ partition, holder }) => (holder === me ? [partition] : [])))
  const { giveUp, take } = shareOut({
    me,
    leases,
    workers,
    mine,
    shunned: new Set(shunned),
    durationMs: DURATION,
  })
  return { giveUp, take: take.map(({ partition }) => partition) }
}

describe('sharing the partitions out', () => {
  it('gives everything to one worker', () => {
    const free = [0, 1, 2, 3].map((partition) => lease(partition, null))
    expect(share('a', free, ['a'])).toEqual({ giveUp: [], take: [0, 1, 2, 3] })
  })

  it('counts itself, announced or not', () => {
    const free = [0, 1, 2, 3].map((partition) => lease(partition, null))
    expect(share('a', free, ['b']).take).toHaveLength(2)
  })

  it('leaves leases alone that are alive, and takes those that stood still for a lease', () => {
    const leases = [lease(0, 'gone', DURATION - 1), lease(1, 'gone', DURATION)]
    expect(share('a', leases, ['a'])).toEqual({ giveUp: [], take: [1] })
  })

  it('gives up the surplus when somebody joins, and nothing when the shares are as even as they can be', () => {
    const leases = [0, 1, 2, 3].map((partition) => lease(partition, 'a'))
    expect(share('a', leases, ['a', 'b'])).toEqual({ giveUp: [0, 1], take: [] })
    const uneven = [lease(0, 'b'), lease(1, 'b'), lease(2, 'a')]
    for (const me of ['a', 'b']) expect(share(me, uneven, ['a', 'b'])).toEqual({ giveUp: [], take: [] })
  })

  it('takes one that nobody comes for, although it has its share', () => {
    const leases = [lease(0, 'a'), lease(1, null, 2 * DURATION)]
    expect(share('a', leases, ['a', 'b']).take).toEqual([1])
    expect(share('a', leases, ['a', 'b'], [1]).take).toEqual([])
  })

  it('keeps what it took last when it gives up: who was to have that one may have halted on it', () => {
    const leases = [lease(0, 'a'), lease(1, 'a'), lease(2, 'b'), lease(3, 'a')]
    const input = { me: 'a', leases, workers: ['a', 'b'], shunned: new Set<number>(), durationMs: DURATION }
    expect(shareOut({ ...input, mine: new Set([1, 0, 3]) })).toEqual({ giveUp: [1], take: [] })
    const freed = [lease(0, 'a'), lease(1, null), lease(2, 'b'), lease(3, 'a')]
    expect(share('b', freed, ['a', 'b'], [3]).take).toEqual([1])
  })

  it('comes to even shares from any beginning in a few rounds, whoever acts first, and then rests', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 12, maxLength: 12 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 5 })),
        (partitions, count, holders, order) => {
          const workers = Array.from({ length: count }, (_, index) => `w${index}`)
          // Beyond the living: free or held by a dead worker.
          const nameOf = (number: number): string | null => workers[number] ?? (number === 7 ? null : 'dead')
          const leases = Array.from({ length: partitions }, (_, partition) =>
            lease(partition, nameOf(holders[partition] as number), DURATION),
          )
          // A living holder renews.
          for (const item of leases)
            if (item.holder !== null && workers.includes(item.holder)) item.unchangedMs = 0
          let moves = 0
          const act = (me: string): void => {
            const { giveUp, take } = share(me, leases, workers)
            for (const partition of giveUp) leases[partition] = lease(partition, null)
            for (const partition of take) leases[partition] = lease(partition, me)
            moves += giveUp.length + take.length
          }
          for (let turn = 0; turn < 30; turn++) act(workers[(order.next().value as number) % count] as string)
          for (let round = 0; round < 3; round++) workers.forEach(act)
          moves = 0
          workers.forEach(act)
          expect(moves).toBe(0)
          const shares = workers.map((worker) => leases.filter(({ holder }) => holder === worker).length)
          expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
          expect(shares.reduce((sum, held) => sum + held, 0)).toBe(partitions)
        },
      ),
    )
  })
})

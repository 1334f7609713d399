// Decides what one worker does next so that the partitions are shared out evenly with as few moves as possible. A pure function:
// every worker decides for itself, from views that may differ for a moment, and compare-and-set settles who gets what.
import type { Lease } from '@penstock/pipeline'
import type { ObservedLease } from './observer.ts'

export interface ShareInput {
  me: string
  leases: readonly ObservedLease[]
  /** Holders that are alive. */
  workers: readonly string[]
  /** Partitions that this worker holds and means to keep, in the order in which it took them. */
  mine: ReadonlySet<number>
  /** Partitions that this worker must not take: it is just leaving them, or they halted here. */
  shunned: ReadonlySet<number>
  durationMs: number
}

export interface Share {
  giveUp: number[]
  take: Lease[]
}

export function shareOut(input: ShareInput): Share {
  const { me, leases, mine, shunned, durationMs } = input
  const target = targetOf(input)
  const open = leases.filter(
    (lease) => !mine.has(lease.partition) && !shunned.has(lease.partition) && isFree(lease, me, durationMs),
  )
  // The oldest ones: the youngest may be an orphan that halted where it would go, and would come back for ever.
  if (mine.size > target) return { giveUp: [...mine].slice(0, mine.size - target), take: [] }
  const take = open.slice(0, target - mine.size)
  // Whoever should have it does not come: rather one too many than a partition that nobody works on.
  const orphan = open.slice(take.length).find(({ unchangedMs }) => unchangedMs >= 2 * durationMs)
  return { giveUp: [], take: orphan === undefined ? take : [...take, orphan] }
}

/** A lease under the own name that is not held any more is nobody's. */
const isFree = ({ holder, unchangedMs }: ObservedLease, me: string, durationMs: number): boolean =>
  holder === null || holder === me || unchangedMs >= durationMs

/** Everybody gets ⌊P/M⌋; what is left over goes to those who hold the most now, so that nothing moves without need. */
function targetOf({ me, leases, workers, mine }: ShareInput): number {
  const holdings = new Map([...workers, me].map((worker) => [worker, 0]))
  for (const { holder } of leases) {
    if (holder !== null && holder !== me && holdings.has(holder))
      holdings.set(holder, (holdings.get(holder) as number) + 1)
  }
  holdings.set(me, mine.size)
  const order = [...holdings].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
  const rank = order.findIndex(([worker]) => worker === me)
  const least = Math.floor(leases.length / order.length)
  return rank < leases.length % order.length ? least + 1 : least
}

// When each partition of the log appends what waits for it. Partitions go in step: a round takes what waits for all of them at once,
// and the next one begins when all have answered. By themselves they drift apart: more and smaller messages for the same events,
// each written, synced and answered alone. And a round waits while each turn of the loop brings more: whoever was just answered sends
// again, and what comes a moment late would wait for a whole round.
// Guarantees: what becomes ready alone, while nothing is on its way, goes out at once; a partition that has not answered within a bound
// leaves the round and goes by itself, until an append of its own is answered in time again. So one that is slow holds the others up once.

/** Longest that one partition holds up the others: many times the usual answer of a log that syncs, and far below what a client notices. */
export const STRAGGLER_MS = 25

/** Longest that a round waits for more while each turn of the loop brings some. With one partition a message is cheap: no wait. */
export const GATHERING_MS = 2

export interface CommitRounds {
  /** Something waits for this partition. */
  ready(partition: number): void
}

/** The loop's own, except in tests. */
export interface Timing {
  /** Runs when the loop has read what is readable now, so that it can join. */
  soon(run: () => void): void
  /** Returns what calls it off. */
  after(ms: number, run: () => void): () => void
  now(): number
}

interface Partition {
  readonly number: number
  /** Something of it is on its way. */
  busy: boolean
  /** Goes by itself. */
  slow: boolean
}

/**
 * @param append - sends what waits for the partition and resolves when all of it is answered, well or not; null when nothing waits
 */
export function createCommitRounds(
  count: number,
  append: (partition: number) => Promise<void> | null,
  timing: Timing = LOOP,
): CommitRounds {
  const partitions = Array.from({ length: count }, (_, number): Partition => ({
    number,
    busy: false,
    slow: false,
  }))
  /** Those of the present round that have not answered. */
  const round = new Set<Partition>()
  let scheduled = false
  let arrived = 0
  let callOffBound = (): void => undefined

  const mayBegin = ({ busy, slow }: Partition): boolean => !busy && (slow || round.size === 0)

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    let seen = arrived
    const until = timing.now() + GATHERING_MS
    timing.soon(function look() {
      if (count === 1 || arrived === seen || timing.now() >= until) begin()
      else {
        seen = arrived
        timing.soon(look)
      }
    })
  }

  function begin(): void {
    scheduled = false
    const beginning = partitions.filter(mayBegin)
    for (const partition of beginning) start(partition)
  }

  function start(partition: Partition): void {
    const appending = append(partition.number)
    if (appending === null) return
    const since = timing.now()
    partition.busy = true
    if (!partition.slow) {
      // One partition has nobody to hold up.
      if (round.size === 0 && count > 1) callOffBound = timing.after(STRAGGLER_MS, leaveBehind)
      round.add(partition)
    }
    void appending.then(() => {
      partition.busy = false
      partition.slow = count > 1 && timing.now() - since >= STRAGGLER_MS
      if (round.delete(partition) && round.size === 0) callOffBound()
      if (mayBegin(partition)) schedule()
    })
  }

  function leaveBehind(): void {
    for (const partition of round) partition.slow = true
    round.clear()
    schedule()
  }

  return {
    ready(number) {
      arrived++
      if (!scheduled && mayBegin(partitions[number] as Partition)) schedule()
    },
  }
}

const LOOP: Timing = {
  soon: (run) => void setImmediate(run),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  now: () => performance.now(),
}

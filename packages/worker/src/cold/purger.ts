// Step 11: takes committed messages off the log's head, later than a margin and not too often, because a purge is a write
// that stands in front of appends. Losing this memory in a crash only keeps messages a little longer.
import type { PartitionContext } from '../partition-context.ts'

export interface Purger {
  committed(seq: number, logTime: number): void
  purgeWhatIsDue(): Promise<void>
}

export function createPurger(context: PartitionContext): Purger {
  const { deps, options, calls, row } = context
  // What an earlier run committed counts from now: its log times are not known here.
  const waiting: { seq: number; logTime: number }[] =
    row.coldThrough > 0 ? [{ seq: row.coldThrough, logTime: deps.clock() }] : []
  let lastPurgeAt = -Infinity

  function committed(seq: number, logTime: number): void {
    const last = waiting.at(-1)
    // Bounded: one entry per purge interval is enough to keep the margin.
    if (last !== undefined && waiting.length > 1 && logTime - last.logTime < options.purgeIntervalMs)
      last.seq = seq
    else waiting.push({ seq, logTime })
  }

  async function purgeWhatIsDue(): Promise<void> {
    const now = deps.clock()
    const sinceLast = now - lastPurgeAt
    if (waiting.length === 0 || (sinceLast >= 0 && sinceLast < options.purgeIntervalMs)) return
    let due = 0
    while (waiting[0] !== undefined && waiting[0].logTime + options.purgeMarginMs <= now) {
      due = waiting[0].seq
      waiting.shift()
    }
    if (due === 0) return
    lastPurgeAt = now
    await calls.call('log', () => deps.log.purge(row.partition, due))
  }

  return { committed, purgeWhatIsDue }
}

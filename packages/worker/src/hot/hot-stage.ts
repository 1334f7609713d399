// Steps 1–5 of the protocol for one partition: read, look up, classify, commit. Knows nothing of the cold store and never
// waits for it. A batch is whole messages; nothing is skipped, and only the durable commit moves on.
import type { LogMessage } from '@penstock/pipeline'
import type { PartitionContext } from '../partition-context.ts'
import { coldEvent } from '../cold/cold-event.ts'
import { deadLetter } from '../dead-letter.ts'
import { acceptedOf, candidatesOf, contentOf, type Candidate } from './candidate.ts'
import { classifyBatch } from './classify-batch.ts'
import type { Verdicts } from './classify.ts'

// A wake-up can be missed in another process's log; this bounds what that costs.
const LONGEST_WAIT_MS = 1_000

/** Runs until stopped. Throws what must halt the partition. */
export async function runHotStage(context: PartitionContext): Promise<void> {
  const { deps, options, calls, row, signal } = context
  let lastBegun = -Infinity
  let lastWasFull = false

  while (!signal.aborted) {
    const lingered = deps.clock() - lastBegun
    // A clock stepped back must not make it wait: only 0 ≤ lingered counts.
    if (!lastWasFull && lingered >= 0 && lingered < options.hotLingerMs) {
      await deps.sleep(options.hotLingerMs - lingered, signal)
    } else if (lastWasFull) {
      // An embedded store answers without leaving the thread: through a backlog nothing else would ever have its turn, neither the
      // cold stage's answers nor a stop.
      await deps.sleep(0, signal)
    }
    const messages = await calls.call('log', () =>
      deps.log.read(row.partition, row.hotThrough, {
        maxBytes: options.hotMaxBytes,
        maxMessages: options.hotMaxEvents,
      }),
    )
    if (messages.length === 0) {
      lastWasFull = false
      await deps.log.wait(row.partition, row.hotThrough, LONGEST_WAIT_MS, signal)
      continue
    }
    deps.failpoint('hot.1.read')
    lastBegun = deps.clock()
    lastWasFull = await processBatch(context, messages)
  }
}

/** Returns whether the batch ended at a limit rather than at the log's end. */
async function processBatch(context: PartitionContext, messages: readonly LogMessage[]): Promise<boolean> {
  const { deps, options, calls, row } = context
  const candidates: Candidate[] = []
  let last: LogMessage | undefined
  let bytes = 0
  for (const message of messages) {
    for (const candidate of candidatesOf(row.partition, message)) candidates.push(candidate)
    last = message
    bytes += message.chunk.length
    if (candidates.length >= options.hotMaxEvents) break
  }
  if (last === undefined) return false

  const verdicts = await classifyBatch(context, candidates)
  deps.failpoint('hot.3.classified')

  const accepted = verdicts.accepted.map(acceptedOf)
  const letters = lettersOf(context, verdicts)
  const totals = row.hotTotals
  const hotTotals = {
    events: totals.events + candidates.length,
    stored: totals.stored + accepted.length,
    duplicates: totals.duplicates + verdicts.duplicates,
    deadLetters: totals.deadLetters + verdicts.conflicts.length,
  }
  const change = { hotThrough: last.seq, hotTotals }
  deps.failpoint('hot.4.before_commit')
  const { newLetters } = await calls.call('state', () =>
    deps.state.commitHot({ partition: row.partition, epoch: row.epoch, accepted, letters, change }),
  )
  deps.failpoint('hot.5.after_commit')

  const segment = {
    fromSeq: row.hotThrough,
    toSeq: last.seq,
    positions: candidates.length,
    events: accepted.map(coldEvent),
    bytes: accepted.reduce((sum, event) => sum + event.bytes.length, 0),
    readBytes: bytes,
    logTime: last.logTime,
  }
  row.hotThrough = last.seq
  row.hotTotals = hotTotals
  context.handover.push(segment, deps.clock())
  context.hotCommitted.notify()
  countBatch(context, verdicts, newLetters)
  return candidates.length >= options.hotMaxEvents || bytes >= options.hotMaxBytes
}

function lettersOf({ deps }: PartitionContext, { conflicts, deadAgain }: Verdicts) {
  if (conflicts.length === 0 && deadAgain.length === 0) return []
  const deadAt = deps.clock()
  const letterOf = (candidate: Candidate, reason: 'event_id_conflict' | 'store_refused', detail: string) =>
    deadLetter(
      { ...candidate.source, position: candidate.position },
      { reason, content: contentOf(candidate), detail, deadAt },
    )
  return [
    ...conflicts.map((candidate) =>
      letterOf(candidate, 'event_id_conflict', 'another event with this event_id was processed first'),
    ),
    ...deadAgain.map((candidate) =>
      letterOf(
        candidate,
        'store_refused',
        'the same event arrived again after the cold store had refused it',
      ),
    ),
  ]
}

// The store says how many letters were new, not which: only conflicts can be, a letter that is written again exists.
function countBatch({ metrics }: PartitionContext, verdicts: Verdicts, newLetters: number): void {
  const newConflicts = Math.min(newLetters, verdicts.conflicts.length)
  metrics.stored.inc({ store: 'hot' }, verdicts.accepted.length)
  metrics.deadLetters.inc({ reason: 'event_id_conflict' }, newConflicts)
  metrics.duplicates.inc(verdicts.duplicates + verdicts.conflicts.length - newConflicts)
}

// Watches what this process appends: whether appends work (readiness), how many log errors there were (metric), and how many
// events stand in each message (lag in events). Adds nothing to an append but two callbacks.
import { isPipelineError, type EventLog, type PipelineErrorKind } from '@penstock/pipeline'

export interface WatchedLog {
  /** The same log; everything that appends uses this one. */
  log: EventLog
  /** The last append's outcome and when it was known, ms of the clock; null before the first one. */
  last(): { error: unknown; at: number } | null
  errors(): ReadonlyMap<PipelineErrorKind | 'unknown', number>
  /** Events of messages after `afterSeq` up to `lastSeq`. Messages that others appended, or an earlier run, have `perMessage` each. */
  eventsAfter(partition: number, afterSeq: number, lastSeq: number, perMessage: number): number
}

/** Bound of what is remembered per partition; older messages are estimated. */
const MAX_REMEMBERED = 100_000

export function watchLog(inner: EventLog, clock: () => number): WatchedLog {
  let last: { error: unknown; at: number } | null = null
  const errors = new Map<PipelineErrorKind | 'unknown', number>()
  const remembered = Array.from({ length: inner.partitions }, () => new Map<number, number>())

  function remember(partition: number, seq: number, events: number): void {
    const messages = remembered[partition] as Map<number, number>
    messages.set(seq, events)
    if (messages.size > MAX_REMEMBERED) messages.delete(messages.keys().next().value as number)
  }

  const log: EventLog = {
    partitions: inner.partitions,
    append(partition, chunk) {
      const appended = inner.append(partition, chunk)
      appended.then(
        ({ seq }) => {
          last = { error: null, at: clock() }
          remember(partition, seq, eventsIn(chunk))
        },
        (error: unknown) => {
          last = { error, at: clock() }
          const kind = isPipelineError(error) ? error.kind : 'unknown'
          errors.set(kind, (errors.get(kind) ?? 0) + 1)
        },
      )
      return appended
    },
    read: (partition, afterSeq, limits) => inner.read(partition, afterSeq, limits),
    wait: (partition, afterSeq, timeoutMs, signal) => inner.wait(partition, afterSeq, timeoutMs, signal),
    end: (partition) => inner.end(partition),
    timeAfter: (partition, afterSeq) => inner.timeAfter(partition, afterSeq),
    purge: (partition, throughSeq) => inner.purge(partition, throughSeq),
    usage: () => inner.usage(),
    close: () => inner.close(),
  }

  return {
    log,
    last: () => last,
    errors: () => errors,
    eventsAfter(partition, afterSeq, lastSeq, perMessage) {
      const messages = remembered[partition] as Map<number, number>
      let events = 0
      let unknown = lastSeq - afterSeq
      for (const [seq, count] of messages) {
        if (seq <= afterSeq) messages.delete(seq)
        else if (seq <= lastSeq) {
          events += count
          unknown--
        }
      }
      return events + Math.round(unknown * perMessage)
    },
  }
}

/** Number of events in a chunk's head; see the layout in contract/src/stream/chunk.ts. */
const eventsIn = (chunk: Uint8Array): number =>
  chunk.length < 4 ? 0 : (chunk[2] as number) | ((chunk[3] as number) << 8)

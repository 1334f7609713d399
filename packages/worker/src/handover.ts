// What the hot stage hands to the cold one in memory, so that the log is read and parsed once. Bounded: a batch that does not
// fit is left out and the cold stage reads that stretch of the log again. Holds committed batches only, in order.
import type { ColdEvent } from './cold/cold-event.ts'

/** A stretch of the log, messages after `fromSeq` up to `toSeq`, with those of its events that are live and own their identity. */
export interface Segment {
  fromSeq: number
  toSeq: number
  /** Positions in the stretch, copies included. */
  positions: number
  events: ColdEvent[]
  /** Bytes of the events' JSON. */
  bytes: number
  /** Log time of the last message. */
  logTime: number
}

export interface Handover {
  push(segment: Segment, at: number): void
  /** The segments that begin exactly at `fromSeq`, joined up to the limits (at least one); null when there is none. */
  take(fromSeq: number, limits: { maxEvents: number; maxBytes: number }): Segment | null
  /** Forgets everything up to `throughSeq`. */
  drop(throughSeq: number): void
  /** Where the first segment held begins, or null. */
  firstSeq(): number | null
  /** When the first segment was pushed, or null. */
  oldestAt(): number | null
  /** JSON bytes of events held. */
  eventBytes(): number
  /** Estimated heap. */
  heapBytes(): number
}

// The bytes as sent stay, the row's texts repeat most of them; plus the fixed part of a row.
const heapOf = (segment: Segment): number => segment.bytes * 2 + segment.events.length * 600

/** @param maxHeapBytes - asked at each push: the memory is shared out among the partitions that are held. */
export function createHandover(maxHeapBytes: () => number): Handover {
  let segments: { segment: Segment; at: number }[] = []
  let heap = 0
  let bytes = 0

  function push(segment: Segment, at: number): void {
    const size = heapOf(segment)
    if (heap + size > maxHeapBytes()) return
    segments.push({ segment, at })
    heap += size
    bytes += segment.bytes
  }

  function take(fromSeq: number, limits: { maxEvents: number; maxBytes: number }): Segment | null {
    const first = segments[0]?.segment
    if (first?.fromSeq !== fromSeq) return null
    const joined: Segment = { ...first, events: [...first.events] }
    for (const { segment } of segments.slice(1)) {
      if (segment.fromSeq !== joined.toSeq) break
      if (joined.events.length + segment.events.length > limits.maxEvents) break
      if (joined.bytes + segment.bytes > limits.maxBytes) break
      joined.toSeq = segment.toSeq
      joined.positions += segment.positions
      for (const event of segment.events) joined.events.push(event)
      joined.bytes += segment.bytes
      joined.logTime = segment.logTime
    }
    return joined
  }

  function drop(throughSeq: number): void {
    const kept = segments.filter(({ segment }) => segment.toSeq > throughSeq)
    if (kept.length === segments.length) return
    segments = kept
    heap = kept.reduce((sum, { segment }) => sum + heapOf(segment), 0)
    bytes = kept.reduce((sum, { segment }) => sum + segment.bytes, 0)
  }

  return {
    push,
    take,
    drop,
    firstSeq: () => segments[0]?.segment.fromSeq ?? null,
    oldestAt: () => segments[0]?.at ?? null,
    eventBytes: () => bytes,
    heapBytes: () => heap,
  }
}

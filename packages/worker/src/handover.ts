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
  /** Bytes of the stretch's messages, copies included. */
  readBytes: number
  /** Log time of the last message. */
  logTime: number
}

export interface Handover {
  push(segment: Segment, at: number): void
  /**
   * The segments that begin exactly at `fromSeq`, joined up to the limits (at least one); null when there is none. The limits are of what stands
   * in the log: a plan may have to be read again from there.
   */
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

// An event's bytes are a view of its whole message.
const mostlyCopies = (segment: Segment): boolean => segment.bytes * 2 < segment.readBytes

// The bytes as sent stay, the row's texts repeat most of them; plus the fixed part of a row, and of a segment that may have none.
const heapOf = (segment: Segment): number =>
  (mostlyCopies(segment) ? segment.bytes : segment.readBytes) +
  segment.bytes +
  (1 + segment.events.length) * 600

// The few events that are none would keep all of the messages alive.
function detached(segment: Segment): Segment {
  if (!mostlyCopies(segment)) return segment
  const events = segment.events.map((event) => ({
    ...event,
    bytes: Uint8Array.from(event.bytes),
    eventId: Uint8Array.from(event.eventId),
  }))
  return { ...segment, events }
}

/** @param maxHeapBytes - asked at each push: the memory is shared out among the partitions that are held. */
export function createHandover(maxHeapBytes: () => number): Handover {
  let segments: { segment: Segment; at: number }[] = []
  let heap = 0
  let bytes = 0

  function push(segment: Segment, at: number): void {
    const size = heapOf(segment)
    if (heap + size > maxHeapBytes()) return
    segments.push({ segment: detached(segment), at })
    heap += size
    bytes += segment.bytes
  }

  function take(fromSeq: number, limits: { maxEvents: number; maxBytes: number }): Segment | null {
    const first = segments[0]?.segment
    if (first?.fromSeq !== fromSeq) return null
    const joined: Segment = { ...first, events: [...first.events] }
    for (const { segment } of segments.slice(1)) {
      if (segment.fromSeq !== joined.toSeq) break
      if (joined.positions + segment.positions > limits.maxEvents) break
      if (joined.readBytes + segment.readBytes > limits.maxBytes) break
      joined.toSeq = segment.toSeq
      joined.positions += segment.positions
      for (const event of segment.events) joined.events.push(event)
      joined.bytes += segment.bytes
      joined.readBytes += segment.readBytes
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

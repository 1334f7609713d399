// Events for the contract suites: small, deterministic, and as the worker would hand them over.
import { formatUuid, type WireEvent } from '@penstock/contract'
import { bytesHash } from '../event/event-content.ts'
import type { AcceptedEvent, HotCommit, NewDeadLetter, StateRow, Totals } from './worker-state.ts'

/** 2026-11-22T10:00:00Z: the middle of every suite's time. */
export const SAMPLE_TIME = 1_795_341_600_000

/** The `n`-th id; their order is the order of `n`. */
export function sampleId(n: number): Uint8Array {
  const id = Buffer.alloc(16, 0x11)
  id.writeUInt32BE(n, 0)
  id[6] = 0x40
  id[8] = 0x80
  return id
}

export interface SampleEvent {
  n: number
  projectId?: string
  partition?: number
  /** Sequence and index of its position. */
  at?: readonly [seq: number, idx: number]
  eventTime?: number
  logTime?: number
  event?: Partial<WireEvent>
}

export function sampleEvent(sample: SampleEvent): AcceptedEvent {
  const eventId = sampleId(sample.n)
  const actor = sample.event?.user_id ?? sample.event?.anonymous_id
  const event: WireEvent = Object.assign(
    { event_id: formatUuid(eventId), type: 'track' as const },
    sample.event?.type === undefined ? { event: 'Sampled' } : {},
    actor === undefined ? { user_id: 'u' } : {},
    sample.event,
  )
  const bytes = Buffer.from(JSON.stringify(event))
  const eventTime = sample.eventTime ?? SAMPLE_TIME
  return {
    projectId: sample.projectId ?? 'p',
    eventId,
    position: { partition: sample.partition ?? 0, seq: sample.at?.[0] ?? 1, idx: sample.at?.[1] ?? sample.n },
    hash: bytesHash(bytes),
    logTime: sample.logTime ?? SAMPLE_TIME + 7,
    receivedAt: (sample.logTime ?? SAMPLE_TIME + 7) - 5,
    eventTime,
    bytes,
    event,
  }
}

/** A letter about the event; its id differs per event and reason, as the worker's would. */
export function sampleLetter(
  event: AcceptedEvent,
  change: Partial<Omit<NewDeadLetter, 'projectId' | 'eventId'>> = {},
): NewDeadLetter {
  const reason = change.reason ?? 'event_id_conflict'
  return {
    projectId: event.projectId,
    eventId: event.eventId,
    id: Buffer.from(bytesHash(Buffer.concat([event.eventId, event.bytes, Buffer.from(reason)]))).toString(
      'hex',
    ),
    reason,
    detail: 'another event has this id',
    position: event.position,
    receivedAt: event.receivedAt,
    eventTime: event.eventTime,
    deadAt: SAMPLE_TIME,
    body: event.bytes,
    ...change,
  }
}

export function sampleTotals(events: number): Totals {
  return { events, stored: events, duplicates: 0, deadLetters: 0 }
}

export function sampleCommit(
  row: StateRow,
  accepted: readonly AcceptedEvent[],
  rest: Partial<HotCommit> = {},
): HotCommit {
  const through = accepted.reduce((last, { position }) => Math.max(last, position.seq), row.hotThrough)
  return {
    partition: row.partition,
    epoch: row.epoch,
    accepted,
    letters: [],
    change: { hotThrough: through, hotTotals: sampleTotals(row.hotTotals.events + accepted.length) },
    ...rest,
  }
}

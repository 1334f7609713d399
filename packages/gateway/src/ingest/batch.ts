// The events of one body as they are read: positions, ids and times of those that may be taken, refusals and warnings of the
// others. Flat arrays that are used again for the next body, so a usual event leaves no garbage. Not shared between bodies
// that are read at the same time: reading is synchronous and its results are used before the next body.
import { LIMITS, formatUuid, type EventWarning, type RejectedEvent } from '@penstock/contract'
import { FIELD } from './event-field.ts'
import { type EventFacts, checkFields } from './event-rules.ts'
import { type EventScan, KIND } from './event-scan.ts'
import { checkExactly } from './exact-check.ts'
import { REFUSALS, type Refusal } from './refusals.ts'
import { BREAKS_LIMIT, MAY_REFUSE, NOTE, limitRefusal } from './scan-notes.ts'

export interface Batch {
  /** Entries of the body met so far. */
  received: number
  /** Events that their own rules allow; the time window is checked by whoever knows the clock. */
  count: number
  /** Per allowed event: its index in the body, its bytes, its type (index in EVENT_TYPES), its timestamp or NaN. */
  readonly indexes: Int32Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** Where its id's 36 bytes stand; -1 when they are written with escapes. */
  readonly idStarts: Int32Array
  readonly types: Uint8Array
  readonly timestamps: Float64Array
  /** 16 bytes per allowed event. */
  readonly ids: Uint8Array
  rejected: RejectedEvent[]
  warnings: EventWarning[]
  /** ms since 1970; NaN without a readable one. */
  sentAt: number
  readonly facts: EventFacts
}

export function createBatch(): Batch {
  const most = LIMITS.maxEventsPerRequest
  const ids = new Uint8Array((most + 1) * 16)
  return {
    received: 0,
    count: 0,
    indexes: new Int32Array(most),
    starts: new Int32Array(most),
    ends: new Int32Array(most),
    idStarts: new Int32Array(most),
    types: new Uint8Array(most),
    timestamps: new Float64Array(most),
    ids,
    rejected: [],
    warnings: [],
    sentAt: NaN,
    facts: { ids, idOffset: 0, type: 0, timestamp: NaN },
  }
}

/** Forgets every event; `sentAt` too. */
export function clearBatch(batch: Batch): void {
  batch.received = 0
  batch.count = 0
  batch.rejected = []
  batch.warnings = []
  batch.sentAt = NaN
}

/** Where an event stands in its body. */
export interface Span {
  start: number
  end: number
}

/** The id of an allowed event, as it was sent. */
export function sentId(batch: Batch, bytes: Buffer, at: number): string {
  const start = batch.idStarts[at] as number
  return start < 0 ? formatUuid(batch.ids, at * 16) : bytes.toString('latin1', start, start + 36)
}

/** Adds a warning while there is room. */
export function warn(batch: Batch, warning: EventWarning): void {
  if (batch.warnings.length < LIMITS.maxWarnings) batch.warnings.push(warning)
}

/** Adds warnings about the body as a whole. They speak of all its events, so those about single ones give way to them. */
export function warnOfBody(batch: Batch, warnings: EventWarning[]): void {
  batch.warnings = [...warnings, ...batch.warnings].slice(0, LIMITS.maxWarnings)
}

/** Judges the event that was scanned last and stands at `start`..`end`. `ownSentAt`: its `sent_at` is the body's. */
export function takeEvent(batch: Batch, scan: EventScan, span: Span, ownSentAt = false): void {
  const { start, end } = span
  const index = batch.received++
  if (end - start > LIMITS.maxEventBytes) {
    refuse(batch, index, REFUSALS.tooLarge, plainEventId(scan))
  } else if ((scan.notes & BREAKS_LIMIT) !== 0) {
    refuse(batch, index, limitRefusal(scan.notes), plainEventId(scan))
  } else if (needsExactCheck(batch, scan)) {
    takeExactly(batch, scan, span, ownSentAt)
  } else {
    batch.facts.idOffset = batch.count * 16
    const refusal = checkFields(scan, batch.facts)
    if (refusal === null) {
      if (scan.unknownCount > 0) warnOfUnknown(batch, scan, index, ownSentAt)
      accept(batch, index, span, scan.starts[FIELD.eventId] as number)
    } else refuse(batch, index, refusal, plainEventId(scan))
  }
}

function takeExactly(batch: Batch, scan: EventScan, span: Span, ownSentAt: boolean): void {
  const index = batch.received - 1
  batch.facts.idOffset = batch.count * 16
  const room = LIMITS.maxWarnings - batch.warnings.length
  const { refusal, eventId, warnings } = checkExactly(scan, span, batch.facts, room)
  if (refusal !== null) {
    refuse(batch, index, refusal, eventId)
    return
  }
  const about = eventId === undefined ? { index } : { index, event_id: eventId }
  for (const { code, field } of warnings) {
    if (!(ownSentAt && code === 'unknown_field' && field === 'sent_at'))
      warn(batch, { ...about, code, field })
  }
  const plain = (scan.notes & NOTE.escapedField) === 0
  accept(batch, index, span, plain ? (scan.starts[FIELD.eventId] as number) : -1)
}

function accept(batch: Batch, index: number, span: Span, idStart: number): void {
  const at = batch.count++
  batch.indexes[at] = index
  batch.starts[at] = span.start
  batch.ends[at] = span.end
  batch.idStarts[at] = idStart
  batch.types[at] = batch.facts.type
  batch.timestamps[at] = batch.facts.timestamp
}

/** Refuses the entry with this index. */
export function refuse(batch: Batch, index: number, refusal: Refusal, eventId?: string): void {
  batch.rejected.push({
    index,
    ...(eventId === undefined ? {} : { event_id: eventId }),
    ...refusal,
  })
}

// Longer ones are no ids and not worth sending back.
const MOST_ID_BYTES = 128

/** The id as sent, when its bytes are its text. */
function plainEventId(scan: EventScan): string | undefined {
  if (scan.kinds[FIELD.eventId] !== KIND.string) return undefined
  const start = scan.starts[FIELD.eventId] as number
  const end = scan.ends[FIELD.eventId] as number
  if (end - start > MOST_ID_BYTES) return undefined
  const text = scan.bytes.toString('utf8', start, end)
  return text.includes('\\') ? undefined : text
}

/** Whether bytes alone do not settle the event, or not the warnings that there is room for. */
function needsExactCheck(batch: Batch, scan: EventScan): boolean {
  if ((scan.notes & MAY_REFUSE) !== 0) return true
  if (batch.warnings.length >= LIMITS.maxWarnings) return false
  return scan.notes !== 0 || (scan.unknownCount > 1 && hasCopies(scan))
}

/** Whether two unknown keys are equal: then the value that counts must be looked up. */
function hasCopies(scan: EventScan): boolean {
  const seen = new Set<string>()
  for (let at = 0; at < scan.unknownCount; at++) seen.add(unknownKey(scan, at))
  return seen.size < scan.unknownCount
}

const unknownKey = (scan: EventScan, at: number): string =>
  scan.bytes.toString('utf8', scan.unknownStarts[at], scan.unknownEnds[at])

function warnOfUnknown(batch: Batch, scan: EventScan, index: number, ownSentAt: boolean): void {
  const eventId = plainEventId(scan)
  for (let at = 0; at < scan.unknownCount && batch.warnings.length < LIMITS.maxWarnings; at++) {
    const field = unknownKey(scan, at)
    if (ownSentAt && field === 'sent_at') continue
    warn(batch, {
      index,
      ...(eventId === undefined ? {} : { event_id: eventId }),
      code: 'unknown_field',
      field,
    })
  }
}

// Reads a decoded body of any of the contract's forms into a batch: one event, an array, `{ sent_at, events }`, or one event
// a line. Says why the body as a whole is unreadable, or null. An unreadable entry never harms its neighbours.
import { LIMITS, type EventWarning } from '@penstock/contract'
import { type Batch, clearBatch, refuse, takeEvent, warnOfBody } from './batch.ts'
import { TOO_MANY, readEntries } from './entries.ts'
import { readEnvelope } from './envelope.ts'
import { FIELD } from './event-field.ts'
import { type EventScan, KIND, scanEvent } from './event-scan.ts'
import { scanValue, skipSpace } from './json-scan.ts'
import { REFUSALS } from './refusals.ts'
import { NOTE } from './scan-notes.ts'

export type BodyFormat = 'json' | 'ndjson'

/** Why a body cannot be read at all. */
export type Unreadable = 'too_many_events' | 'body_not_json' | 'body_not_events' | 'body_empty'

/** Reads `scan.bytes`, which must be valid UTF-8. Whatever the batch held before is gone. */
export function readBody(batch: Batch, scan: EventScan, format: BodyFormat): Unreadable | null {
  clearBatch(batch)
  const end = scan.bytes.length
  if (format === 'ndjson') return readLines(batch, scan)
  const at = skipSpace(scan, 0, end)
  if (at === end) return 'body_empty'
  const first = scan.bytes[at]
  if (first === 0x7b) return readObject(batch, scan, at)
  if (first === 0x5b) {
    const after = readEntries(batch, scan, at)
    if (after === TOO_MANY) return 'too_many_events'
    if (!endsAt(scan, after)) return 'body_not_json'
    return batch.received === 0 ? 'body_empty' : null
  }
  return endsAt(scan, scanValue(scan, at, end)) ? 'body_not_events' : 'body_not_json'
}

/** Whether nothing but white space follows a value that ended at `at` (-1: it did not end). */
const endsAt = (scan: EventScan, at: number): boolean =>
  at >= 0 && skipSpace(scan, at, scan.bytes.length) === scan.bytes.length

/**
 * An object is one event, unless it has no `event_id` but `events` or `sent_at`; with a `type` it is one unless `events` is a
 * list. What begins like an envelope is first read as one, everything else as an event, so that the usual body is read once.
 */
function readObject(batch: Batch, scan: EventScan, at: number): Unreadable | null {
  const end = scan.bytes.length
  if (!beginsLikeEnvelope(scan, at)) {
    const after = scanEvent(scan, at, end)
    if (!endsAt(scan, after)) return 'body_not_json'
    if (!mayBeEnvelope(scan)) {
      takeEvent(batch, scan, { start: at, end: after })
      return null
    }
  }
  const envelope = readEnvelope(batch, scan, at)
  const warnings: EventWarning[] = envelope.sentAtInvalid ? [{ code: 'sent_at_invalid' }] : []
  if (envelope.end === TOO_MANY) return 'too_many_events'
  if (!endsAt(scan, envelope.end)) return 'body_not_json'
  if (envelope.isEvent) {
    clearBatch(batch)
    scanEvent(scan, at, end)
    takeEvent(batch, scan, { start: at, end: envelope.end }, true)
  } else {
    if (!envelope.isList) return 'body_not_events'
    if (batch.received === 0) return 'body_empty'
    for (const field of envelope.unknown) warnings.push({ code: 'unknown_field', field })
  }
  batch.sentAt = envelope.sentAt
  warnOfBody(batch, warnings)
  return null
}

function beginsLikeEnvelope(scan: EventScan, at: number): boolean {
  const key = skipSpace(scan, at + 1, scan.bytes.length)
  return isText(scan, key, '"sent_at"') || isText(scan, key, '"events"')
}

/** Whether the object that was scanned last, as an event, has to be looked at as an envelope, too. */
function mayBeEnvelope(scan: EventScan): boolean {
  if ((scan.notes & (NOTE.escapedField | NOTE.tooManyKeys)) !== 0) return true
  for (let at = 0; at < scan.unknownCount; at++) {
    const key = (scan.unknownStarts[at] as number) - 1
    if (isText(scan, key, '"sent_at"')) return true
    if (isText(scan, key, '"events"') && scan.kinds[FIELD.eventId] === KIND.absent) return true
  }
  return false
}

const isText = (scan: EventScan, at: number, text: string): boolean =>
  scan.bytes.toString('latin1', at, at + text.length) === text

function readLines(batch: Batch, scan: EventScan): Unreadable | null {
  const bytes = scan.bytes
  const span = { start: 0, end: 0 }
  for (let line = 0; line < bytes.length;) {
    const newline = bytes.indexOf(0x0a, line)
    const lineEnd = newline < 0 ? bytes.length : newline
    const at = skipSpace(scan, line, lineEnd)
    line = lineEnd + 1
    if (at === lineEnd) continue
    if (batch.received === LIMITS.maxEventsPerRequest) return 'too_many_events'
    const isObject = bytes[at] === 0x7b
    const after = isObject ? scanEvent(scan, at, lineEnd) : scanValue(scan, at, lineEnd)
    if (after < 0 || skipSpace(scan, after, lineEnd) !== lineEnd) {
      refuse(batch, batch.received++, REFUSALS.notJson)
    } else if (isObject) {
      span.start = at
      span.end = after
      takeEvent(batch, scan, span)
    } else refuse(batch, batch.received++, REFUSALS.notObject)
  }
  return batch.received === 0 ? 'body_empty' : null
}

// The contract's rules for one event, by bytes: no text and no object is made of a usual event. Works on what event-scan.ts
// recorded; an event with `NOTE.escapedField` belongs to exact-check.ts, which has the same rules over values
// (event-rules.property.test.ts holds the two together).
import { EVENT_TYPES, ILLEGAL_IDS, LIMITS, packUuid } from '@penstock/contract'
import { FIELD } from './event-field.ts'
import { type EventScan, KIND } from './event-scan.ts'
import { FIELD_INVALID, ID_ILLEGAL, REFUSALS, type Refusal } from './refusals.ts'
import { parseTimestampBytes } from './timestamp-bytes.ts'

/** What is kept of an event that its own rules allow. One object serves many events. */
export interface EventFacts {
  /** Its id is written here, at `idOffset`. */
  ids: Uint8Array
  idOffset: number
  /** Index in `EVENT_TYPES`. */
  type: number
  /** ms since 1970; NaN when the event has none. */
  timestamp: number
}

const TYPE_NAMES = EVENT_TYPES.map((name) => Buffer.from(name))
export const TYPE = { track: 0, identify: 1, page: 2, screen: 3, group: 4, alias: 5 } as const

/** Checks the event that `scan` met last; fills `facts` and returns null, or says why it is refused. */
export function checkFields(scan: EventScan, facts: EventFacts): Refusal | null {
  const { bytes, kinds, starts, ends } = scan
  const kind = kinds[FIELD.eventId]
  if (kind === KIND.absent) return REFUSALS.idMissing
  const id = starts[FIELD.eventId] as number
  if (kind !== KIND.string || (ends[FIELD.eventId] as number) - id !== 36) return REFUSALS.idInvalid
  if (!packUuid(bytes, id, facts.ids, facts.idOffset)) return REFUSALS.idInvalid

  if (kinds[FIELD.type] === KIND.absent) return REFUSALS.typeMissing
  if (kinds[FIELD.type] !== KIND.string) return REFUSALS.typeUnknown
  const type = typeAt(bytes, starts[FIELD.type] as number, ends[FIELD.type] as number)
  if (type < 0) return REFUSALS.typeUnknown
  facts.type = type

  return (
    checkNames(scan, type) ??
    checkTimestamp(scan, facts) ??
    checkIds(scan, type) ??
    checkSession(scan) ??
    checkObject(scan, FIELD.properties, FIELD_INVALID.properties) ??
    checkObject(scan, FIELD.traits, FIELD_INVALID.traits) ??
    checkObject(scan, FIELD.context, FIELD_INVALID.context)
  )
}

function typeAt(bytes: Buffer, start: number, end: number): number {
  for (let type = 0; type < TYPE_NAMES.length; type++) {
    const name = TYPE_NAMES[type] as Buffer
    if (name.length !== end - start || name[0] !== bytes[start]) continue
    let at = 1
    while (at < name.length && name[at] === bytes[start + at]) at++
    if (at === name.length) return type
  }
  return -1
}

function checkNames(scan: EventScan, type: number): Refusal | null {
  const kind = scan.kinds[FIELD.event]
  if (kind === KIND.absent) {
    if (type === TYPE.track) return REFUSALS.nameMissing
  } else {
    if (kind !== KIND.string) return FIELD_INVALID.event
    if (scan.ends[FIELD.event] === scan.starts[FIELD.event]) {
      return type === TYPE.track ? REFUSALS.nameMissing : FIELD_INVALID.event
    }
    if (isLonger(scan, FIELD.event, LIMITS.maxEventNameChars)) return REFUSALS.nameTooLong
  }
  return checkText(scan, FIELD.name, LIMITS.maxPageNameChars, FIELD_INVALID.name)
}

function checkTimestamp(scan: EventScan, facts: EventFacts): Refusal | null {
  facts.timestamp = NaN
  const kind = scan.kinds[FIELD.timestamp]
  if (kind === KIND.absent) return null
  if (kind !== KIND.string) return REFUSALS.timestampInvalid
  const start = scan.starts[FIELD.timestamp] as number
  facts.timestamp = parseTimestampBytes(scan.bytes, start, scan.ends[FIELD.timestamp] as number)
  return Number.isNaN(facts.timestamp) ? REFUSALS.timestampInvalid : null
}

function checkIds(scan: EventScan, type: number): Refusal | null {
  const kinds = scan.kinds
  const user = kinds[FIELD.userId] !== KIND.absent
  if (!user && kinds[FIELD.anonymousId] === KIND.absent) return REFUSALS.identityMissing
  if (!user && (type === TYPE.identify || type === TYPE.alias)) return REFUSALS.userIdMissing
  if (type === TYPE.alias && kinds[FIELD.previousId] === KIND.absent) return REFUSALS.previousIdMissing
  if (type === TYPE.group && kinds[FIELD.groupId] === KIND.absent) return REFUSALS.groupIdMissing
  return (
    checkId(scan, FIELD.userId, 'user_id') ??
    checkId(scan, FIELD.anonymousId, 'anonymous_id') ??
    checkId(scan, FIELD.previousId, 'previous_id') ??
    checkId(scan, FIELD.groupId, 'group_id')
  )
}

function checkId(scan: EventScan, field: number, name: keyof typeof ID_ILLEGAL): Refusal | null {
  const kind = scan.kinds[field]
  if (kind === KIND.absent) return null
  if (kind !== KIND.string || isLonger(scan, field, LIMITS.maxIdChars)) return FIELD_INVALID[name]
  return isIllegalId(scan.bytes, scan.starts[field] as number, scan.ends[field] as number)
    ? ID_ILLEGAL[name]
    : null
}

const ILLEGAL = [...ILLEGAL_IDS].map((id) => Buffer.from(id))

/** White space, or what could be some, at an end needs the text; other ids are compared byte by byte. */
function isIllegalId(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start] as number
  const last = bytes[end - 1] as number
  if (end === start || first <= 32 || first >= 127 || last <= 32 || last >= 127) {
    return ILLEGAL_IDS.has(bytes.toString('utf8', start, end).trim().toLowerCase())
  }
  for (const id of ILLEGAL) {
    if (id.length === end - start && isSameWord(bytes, start, id)) return true
  }
  return false
}

/** Case does not matter; `word` is in lower case. */
function isSameWord(bytes: Buffer, start: number, word: Buffer): boolean {
  for (let index = 0; index < word.length; index++) {
    const byte = bytes[start + index] as number
    const lower = byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte
    if (lower !== word[index]) return false
  }
  return true
}

function checkSession(scan: EventScan): Refusal | null {
  const refusal = checkText(scan, FIELD.sessionId, LIMITS.maxSessionIdChars, FIELD_INVALID.session_id)
  if (refusal !== null) return refusal
  const kind = scan.kinds[FIELD.seq]
  if (kind === KIND.absent) return null
  if (kind !== KIND.number) return FIELD_INVALID.seq
  return isInteger(scan, scan.starts[FIELD.seq] as number, scan.ends[FIELD.seq] as number)
    ? null
    : FIELD_INVALID.seq
}

/** Whether a number's text is an integer from 0 to 2^53 − 1, which every store keeps exactly. `1.0`, `1e3` and `-0` are. */
function isInteger(scan: EventScan, start: number, end: number): boolean {
  const bytes = scan.bytes
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (byte >= 0x30 && byte <= 0x39) continue
    const value = Number(bytes.toString('latin1', start, end))
    return Number.isSafeInteger(value) && value >= 0
  }
  // Fifteen digits are always exact.
  return end - start <= 15 || Number.isSafeInteger(Number(bytes.toString('latin1', start, end)))
}

function checkText(scan: EventScan, field: number, maxChars: number, refusal: Refusal): Refusal | null {
  const kind = scan.kinds[field]
  if (kind === KIND.absent) return null
  return kind === KIND.string && !isLonger(scan, field, maxChars) ? null : refusal
}

function checkObject(scan: EventScan, field: number, refusal: Refusal): Refusal | null {
  const kind = scan.kinds[field]
  return kind === KIND.absent || kind === KIND.object ? null : refusal
}

/** Whether a string without escapes has more code points; they are counted only when its bytes could be too many. */
function isLonger(scan: EventScan, field: number, maxChars: number): boolean {
  const start = scan.starts[field] as number
  const end = scan.ends[field] as number
  if (end - start <= maxChars) return false
  let chars = 0
  for (let at = start; at < end; at++) {
    if (((scan.bytes[at] as number) & 0xc0) !== 0x80) chars++
  }
  return chars > maxChars
}

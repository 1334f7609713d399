// The contract's rules for one event over its parsed values, for the events that bytes alone do not settle: escaped keys or
// values, numbers that may be beyond a double or 2^53, lone surrogates. The bytes were validated and are inside every
// structural limit, so parsing is cheap and cannot fail.
import {
  EVENT_FIELDS,
  EVENT_TYPES,
  ILLEGAL_IDS,
  LIMITS,
  type WarningCode,
  parseUuid,
} from '@penstock/contract'
import { parseTimestamp } from '@penstock/pipeline'
import type { EventFacts } from './event-rules.ts'
import type { EventScan } from './event-scan.ts'
import { type Path, findImprecise, findInfinite, findRepairs } from './oddities.ts'
import { FIELD_INVALID, ID_ILLEGAL, REFUSALS, type Refusal, numberOutOfRange } from './refusals.ts'
import { NOTE } from './scan-notes.ts'

export interface ExactResult {
  refusal: Refusal | null
  /** The id as sent, when it is a string. */
  eventId: string | undefined
  /** What is worth a warning, at most as many as were asked for. */
  warnings: { code: WarningCode; field: string }[]
}

type Fields = Partial<Record<(typeof EVENT_FIELDS)[number], unknown>>

const KNOWN: ReadonlySet<string> = new Set(EVENT_FIELDS)

/** Checks the event between `start` and `end` that `scan` met last; fills `facts` as `checkFields` does. */
export function checkExactly(
  scan: EventScan,
  { start, end }: { start: number; end: number },
  facts: EventFacts,
  mostWarnings: number,
): ExactResult {
  const { bytes, notes } = scan
  const parsed = JSON.parse(bytes.toString('utf8', start, end)) as Record<string, unknown>
  const event: Fields = {}
  for (const field of EVENT_FIELDS) {
    if (Object.hasOwn(parsed, field) && parsed[field] !== null) event[field] = parsed[field]
  }
  let refusal = checkValues(event, facts)
  if (refusal === null && (notes & NOTE.hugeNumber) !== 0) {
    const beyond = findInfinite(event, [])
    if (beyond !== null) refusal = numberOutOfRange(beyond.join('.'))
  }
  const eventId = typeof event.event_id === 'string' ? event.event_id : undefined
  if (refusal !== null || mostWarnings <= 0) return { refusal, eventId, warnings: [] }
  const warnings: ExactResult['warnings'] = []
  for (const key of Object.keys(parsed)) {
    if (!KNOWN.has(key) && parsed[key] !== null) {
      warnings.push({ code: 'unknown_field', field: key.toWellFormed() })
    }
  }
  const add = (code: WarningCode, paths: Path[]): void => {
    for (const path of paths) if (KNOWN.has(path[0] ?? '')) warnings.push({ code, field: path.join('.') })
  }
  if ((notes & NOTE.loneSurrogate) !== 0) add('text_repaired', findRepairs(event, [], mostWarnings))
  if ((notes & NOTE.longNumber) !== 0) {
    add('number_imprecise', findImprecise(scan, start, end, mostWarnings).filter(isStillThere(event)))
  }
  return { refusal, eventId, warnings }
}

/** A copy of a key that does not count left a path that leads elsewhere now. */
const isStillThere =
  (event: Fields) =>
  (path: Path): boolean => {
    const value = path.reduce<unknown>(
      (at, key) =>
        typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as never)[key] : undefined,
      event,
    )
    return typeof value === 'number' && Math.abs(value) >= 2 ** 53
  }

function isLonger(text: string, maxChars: number): boolean {
  if (text.length <= maxChars) return false
  let chars = text.length
  // A pair of surrogates is one character.
  for (let at = 0; at < text.length; at++) {
    if ((text.codePointAt(at) as number) > 0xffff) {
      chars--
      at++
    }
  }
  return chars > maxChars
}

function checkValues(event: Fields, facts: EventFacts): Refusal | null {
  if (event.event_id === undefined) return REFUSALS.idMissing
  const id = typeof event.event_id === 'string' ? parseUuid(event.event_id) : null
  if (id === null) return REFUSALS.idInvalid
  facts.ids.set(id, facts.idOffset)

  if (event.type === undefined) return REFUSALS.typeMissing
  const type = (EVENT_TYPES as readonly unknown[]).indexOf(event.type)
  if (type < 0) return REFUSALS.typeUnknown
  facts.type = type

  return (
    checkNames(event) ??
    checkTimestamp(event, facts) ??
    checkIdentity(event) ??
    checkText(event.session_id, LIMITS.maxSessionIdChars, FIELD_INVALID.session_id) ??
    checkSeq(event.seq) ??
    checkObject(event.properties, FIELD_INVALID.properties) ??
    checkObject(event.traits, FIELD_INVALID.traits) ??
    checkObject(event.context, FIELD_INVALID.context)
  )
}

function checkNames({ type, event, name }: Fields): Refusal | null {
  const absent = type === 'track' ? REFUSALS.nameMissing : null
  if (event === undefined && absent !== null) return absent
  if (event !== undefined) {
    if (typeof event !== 'string') return FIELD_INVALID.event
    if (event === '') return absent ?? FIELD_INVALID.event
    if (isLonger(event, LIMITS.maxEventNameChars)) return REFUSALS.nameTooLong
  }
  return checkText(name, LIMITS.maxPageNameChars, FIELD_INVALID.name)
}

function checkTimestamp({ timestamp }: Fields, facts: EventFacts): Refusal | null {
  facts.timestamp = NaN
  if (timestamp === undefined) return null
  const time = typeof timestamp === 'string' ? parseTimestamp(timestamp) : null
  if (time === null) return REFUSALS.timestampInvalid
  facts.timestamp = time
  return null
}

function checkIdentity(event: Fields): Refusal | null {
  const user = event.user_id !== undefined
  if (!user && event.anonymous_id === undefined) return REFUSALS.identityMissing
  if (!user && (event.type === 'identify' || event.type === 'alias')) return REFUSALS.userIdMissing
  if (event.type === 'alias' && event.previous_id === undefined) return REFUSALS.previousIdMissing
  if (event.type === 'group' && event.group_id === undefined) return REFUSALS.groupIdMissing
  for (const field of ['user_id', 'anonymous_id', 'previous_id', 'group_id'] as const) {
    const id = event[field]
    if (id === undefined) continue
    if (typeof id !== 'string' || isLonger(id, LIMITS.maxIdChars)) return FIELD_INVALID[field]
    if (ILLEGAL_IDS.has(id.trim().toLowerCase())) return ID_ILLEGAL[field]
  }
  return null
}

function checkText(value: unknown, maxChars: number, refusal: Refusal): Refusal | null {
  if (value === undefined) return null
  return typeof value === 'string' && !isLonger(value, maxChars) ? null : refusal
}

function checkSeq(value: unknown): Refusal | null {
  if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0))
    return null
  // An integer beyond a double is out of range, which is said with its own code.
  return value === Infinity ? null : FIELD_INVALID.seq
}

function checkObject(value: unknown, refusal: Refusal): Refusal | null {
  return value === undefined || (typeof value === 'object' && !Array.isArray(value)) ? null : refusal
}

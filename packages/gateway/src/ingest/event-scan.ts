// Scans one event: validates it like json-scan.ts and records where the values of its own fields stand and of what kind
// they are. A later copy of a key takes the place of an earlier one, and `null` makes the field absent, as JSON.parse and
// the contract have it. What cannot be judged by bytes as they stand is only noted (`NOTE.escapedField`).
import { LIMITS } from '@penstock/contract'
import { FIELD_COUNT, UNKNOWN_FIELD, fieldAt } from './event-field.ts'
import { keyBytes } from './json-escape.ts'
import {
  type JsonScan,
  createJsonScan,
  scanPastLimit,
  scanString,
  scanValue,
  skipSpace,
} from './json-scan.ts'
import { NOTE } from './scan-notes.ts'

/** Kind of a field's value. */
export const KIND = { absent: 0, string: 1, number: 2, object: 3, array: 4, boolean: 5 } as const

/** A scan together with the event it met last. */
export interface EventScan extends JsonScan {
  /** `KIND` by field index. */
  readonly kinds: Uint8Array
  /** First byte of the value by field index; strings without their quotes. Meaningless for absent fields. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** Keys that are no field and whose value is not null, in order, copies included. */
  unknownCount: number
  readonly unknownStarts: Int32Array
  readonly unknownEnds: Int32Array
}

export const createEventScan = (): EventScan => ({
  ...createJsonScan(),
  kinds: new Uint8Array(FIELD_COUNT),
  starts: new Int32Array(FIELD_COUNT),
  ends: new Int32Array(FIELD_COUNT),
  unknownCount: 0,
  unknownStarts: new Int32Array(LIMITS.maxKeysPerObject),
  unknownEnds: new Int32Array(LIMITS.maxKeysPerObject),
})

/** Behind the object at `at`, with its notes and fields recorded; -1 when it is no JSON. */
export function scanEvent(scan: EventScan, at: number, end: number): number {
  const bytes = scan.bytes
  const { kinds, starts, ends } = scan
  scan.notes = 0
  scan.unknownCount = 0
  kinds.fill(KIND.absent)
  let keys = 0
  at = skipSpace(scan, at + 1, end)
  if (at < end && bytes[at] === 0x7d) return at + 1
  for (;;) {
    if (++keys > LIMITS.maxKeysPerObject) {
      // Refused already: what follows matters only for where it ends.
      scan.notes |= NOTE.tooManyKeys
      return scanPastLimit(scan, at, end)
    }
    if (at >= end || bytes[at] !== 0x22) return -1
    const key = at + 1
    const escapes = scan.escapes
    at = scanString(scan, at, end)
    if (at < 0) return -1
    const keyEnd = at - 1
    let field: number = UNKNOWN_FIELD
    if (scan.escapes !== escapes) scan.notes |= NOTE.escapedField
    else field = fieldAt(bytes, key, keyEnd)
    if (keyEnd - key > LIMITS.maxKeyBytes && keyBytes(bytes, key, keyEnd) > LIMITS.maxKeyBytes) {
      scan.notes |= NOTE.keyTooLong
    }
    at = skipSpace(scan, at, end)
    if (at >= end || bytes[at] !== 0x3a) return -1
    at = skipSpace(scan, at + 1, end)
    const start = at
    const inValue = scan.escapes
    at = scanValue(scan, at, end)
    if (at < 0) return -1
    const kind = kindOf(bytes[start] as number)
    if (field >= 0) {
      const quote = kind === KIND.string ? 1 : 0
      kinds[field] = kind
      starts[field] = start + quote
      ends[field] = at - quote
      if (quote === 1 && scan.escapes !== inValue) scan.notes |= NOTE.escapedField
    } else if (kind !== KIND.absent && scan.unknownCount < scan.unknownStarts.length) {
      scan.unknownStarts[scan.unknownCount] = key
      scan.unknownEnds[scan.unknownCount++] = keyEnd
    }
    at = skipSpace(scan, at, end)
    const next = at < end ? (bytes[at] as number) : 0
    if (next === 0x7d) return at + 1
    if (next !== 0x2c) return -1
    at = skipSpace(scan, at + 1, end)
  }
}

/** Kind of the valid value whose first byte is given. `null` is absent. */
function kindOf(first: number): number {
  if (first === 0x22) return KIND.string
  if (first === 0x7b) return KIND.object
  if (first === 0x5b) return KIND.array
  if (first === 0x6e) return KIND.absent
  return first === 0x74 || first === 0x66 ? KIND.boolean : KIND.number
}

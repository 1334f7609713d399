// Validates JSON byte by byte, exactly as strictly as JSON.parse, and enforces the structural limits of an event on the
// way: depth, keys per object, bytes per key. Builds no value. Iterative, so that no nesting can exhaust the stack, and
// linear: a byte is looked at once, a `\u` escape twice.
// The bytes must be valid UTF-8 (checked before). Breaking a limit does not stop the scan: the neighbours of a bad event
// are only safe when its end is found by the same grammar.
import { LIMITS } from '@penstock/contract'
import { scanNumber } from './json-number.ts'
import { NOTE } from './scan-notes.ts'
import { keyBytes, scanEscape } from './json-escape.ts'

/** What a scan works on and what it leaves behind. One object serves many scans, one after another. */
export interface JsonScan {
  bytes: Buffer
  /** `NOTE` bits that were met since it was last set to 0. */
  notes: number
  /** Escape sequences met, ever rising: a difference says that a string has one. */
  escapes: number
  /** Containers around the current one: keys so far, or ARRAY. A body of 4 MiB nests at most so deep. */
  readonly stack: Uint16Array
}

/** The stack is reserved, not touched: its pages become real only under bodies that nest so deep. */
export const createJsonScan = (): JsonScan => ({
  bytes: Buffer.alloc(0),
  notes: 0,
  escapes: 0,
  stack: new Uint16Array(LIMITS.maxDecodedBodyBytes + 1),
})

const ARRAY = 0xffff
const MOST_KEYS_COUNTED = 0xfffe
const MAX_KEYS = LIMITS.maxKeysPerObject
const MAX_KEY_BYTES = LIMITS.maxKeyBytes
// An event's own object is depth 1 and is not scanned here.
const MAX_NESTED = LIMITS.maxDepth - 1

/** 1 for the bytes that end a run of plain characters in a string: the quote, the backslash, control characters. */
export const ENDS_TEXT = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === 0x22 || byte === 0x5c ? 1 : 0,
)

/** First position from `at` that is no white space of JSON. */
export function skipSpace(scan: JsonScan, at: number, end: number): number {
  const bytes = scan.bytes
  while (at < end) {
    const byte = bytes[at] as number
    if (byte > 32 || (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9)) return at
    at++
  }
  return at
}

/** From the first byte that ENDS_TEXT to behind the string's closing quote; -1 when it is no JSON string. */
export function finishString(scan: JsonScan, at: number, end: number): number {
  const bytes = scan.bytes
  while (at < end) {
    const byte = bytes[at] as number
    if (byte === 0x22) return at + 1
    if (byte !== 0x5c) return -1
    at = scanEscape(scan, at, end)
    if (at < 0) return -1
    while (at < end && ENDS_TEXT[bytes[at] as number] === 0) at++
  }
  return -1
}

/** From an opening quote to behind the closing one; -1 when it is no JSON string. */
export function scanString(scan: JsonScan, at: number, end: number): number {
  const bytes = scan.bytes
  at++
  while (at < end && ENDS_TEXT[bytes[at] as number] === 0) at++
  if (at < end && bytes[at] === 0x22) return at + 1
  return finishString(scan, at, end)
}

const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')
const NULL = Buffer.from('null')

/** Behind `true`, `false` or `null` at `at`; -1 when there is none. */
export function scanLiteral(scan: JsonScan, at: number, end: number): number {
  const bytes = scan.bytes
  const first = at < end ? bytes[at] : 0
  const literal = first === 0x74 ? TRUE : first === 0x66 ? FALSE : NULL
  if (at + literal.length > end) return -1
  for (let index = 0; index < literal.length; index++) {
    if (bytes[at + index] !== literal[index]) return -1
  }
  return at + literal.length
}

/** Behind the value that begins at `at`; -1 when there is none. */
export function scanValue(scan: JsonScan, at: number, end: number): number {
  if (at >= end) return -1
  const byte = scan.bytes[at] as number
  if (byte === 0x22) return scanString(scan, at, end)
  if (byte === 0x7b || byte === 0x5b) return scanContainer(scan, at, end)
  if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return scanNumber(scan, at, end)
  return scanLiteral(scan, at, end)
}

/** Behind the object or array that begins at `at` (depth 2 of an event), or -1. */
export function scanContainer(scan: JsonScan, at: number, end: number): number {
  const bytes = scan.bytes
  const isArray = bytes[at] === 0x5b
  at = skipSpace(scan, at + 1, end)
  if (at < end && bytes[at] === (isArray ? 0x5d : 0x7d)) return at + 1
  return scanMembers(scan, at, end, isArray ? ARRAY : 0)
}

/** Behind an object of whose members one more begins at `at`, when the limit of keys is passed already; or -1. */
export const scanPastLimit = (scan: JsonScan, at: number, end: number): number =>
  scanMembers(scan, at, end, MOST_KEYS_COUNTED)

/**
 * From a member at `at` to behind the container that it is in. `keys`: members before it, or ARRAY. The hot loop: all state
 * is local, and nothing is called for plain strings.
 */
function scanMembers(scan: JsonScan, at: number, end: number, keys: number): number {
  const { bytes, stack } = scan
  let depth = 1
  let byte = at < end ? (bytes[at] as number) : 0
  for (;;) {
    if (keys !== ARRAY) {
      if (byte !== 0x22) return -1
      const key = at + 1
      at = key
      while (at < end && ENDS_TEXT[bytes[at] as number] === 0) at++
      if (at < end && bytes[at] === 0x22) at++
      else if ((at = finishString(scan, at, end)) < 0) return -1
      if (at - 1 - key > MAX_KEY_BYTES && keyBytes(bytes, key, at - 1) > MAX_KEY_BYTES) {
        scan.notes |= NOTE.keyTooLong
      }
      if (keys < MOST_KEYS_COUNTED) keys++
      if (keys > MAX_KEYS) scan.notes |= NOTE.tooManyKeys
      if (at < end && bytes[at] !== 0x3a) at = skipSpace(scan, at, end)
      if (at >= end || bytes[at] !== 0x3a) return -1
      at++
      byte = at < end ? (bytes[at] as number) : 0
      if (byte <= 32) {
        at = skipSpace(scan, at, end)
        byte = at < end ? (bytes[at] as number) : 0
      }
    }
    if (byte === 0x22) {
      at++
      while (at < end && ENDS_TEXT[bytes[at] as number] === 0) at++
      if (at < end && bytes[at] === 0x22) at++
      else if ((at = finishString(scan, at, end)) < 0) return -1
    } else if (byte === 0x7b || byte === 0x5b) {
      stack[depth++] = keys
      keys = byte === 0x5b ? ARRAY : 0
      at++
      // Nothing between two brackets: the cheapest way to nest deep.
      while (keys === ARRAY && at < end && bytes[at] === 0x5b) {
        stack[depth++] = ARRAY
        at++
      }
      if (depth > MAX_NESTED) scan.notes |= NOTE.tooDeep
      byte = at < end ? (bytes[at] as number) : 0
      if (byte <= 32) {
        at = skipSpace(scan, at, end)
        byte = at < end ? (bytes[at] as number) : 0
      }
      if (byte !== (keys === ARRAY ? 0x5d : 0x7d)) continue
    } else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      at = scanNumber(scan, at, end)
      if (at < 0) return -1
    } else {
      at = scanLiteral(scan, at, end)
      if (at < 0) return -1
    }
    // Behind a value: the container goes on, or it and perhaps some around it end here.
    for (;;) {
      byte = at < end ? (bytes[at] as number) : 0
      if (byte <= 32) {
        at = skipSpace(scan, at, end)
        byte = at < end ? (bytes[at] as number) : 0
      }
      if (byte === 0x2c) break
      if (byte !== (keys === ARRAY ? 0x5d : 0x7d)) return -1
      at++
      if (--depth === 0) return at
      keys = stack[depth] as number
    }
    at++
    byte = at < end ? (bytes[at] as number) : 0
    if (byte <= 32) {
      at = skipSpace(scan, at, end)
      byte = at < end ? (bytes[at] as number) : 0
    }
  }
}

// Finds what is odd about the values inside one event, by path: numbers beyond a double and lone surrogates in the parsed
// value (so a copy of a key that does not count is not seen), integers beyond 2^53 in the bytes, because parsing rounds them.
// Recursive: only for events inside the depth limit whose JSON was validated.
import { scanNumber } from './json-number.ts'
import { type JsonScan, scanLiteral, scanString, skipSpace } from './json-scan.ts'

/** Keys and indexes from the event down. */
export type Path = readonly string[]

/** Path of the first number that no double can hold, or null. */
export function findInfinite(value: unknown, path: Path): Path | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : path
  if (typeof value !== 'object' || value === null) return null
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key]
    if (typeof inner !== 'number' && typeof inner !== 'object') continue
    const found = findInfinite(inner, [...path, key.toWellFormed()])
    if (found !== null) return found
  }
  return null
}

/** Paths of texts and keys with half a surrogate pair, at most `most`. */
export function findRepairs(value: unknown, path: Path, most: number): Path[] {
  if (typeof value === 'string') return value.isWellFormed() ? [] : [path]
  if (typeof value !== 'object' || value === null) return []
  const found: Path[] = []
  for (const [key, item] of Object.entries(value)) {
    if (found.length >= most) break
    const inner = [...path, key.toWellFormed()]
    if (!key.isWellFormed()) found.push(inner)
    found.push(...findRepairs(item, inner, most - found.length))
  }
  return found
}

const MAX_EXACT = 2n ** 53n
const INTEGER = /^-?\d{16,}$/

/** Paths of integers written in digits beyond 2^53 in the valid object at `start`, at most `most`. */
export function findImprecise(scan: JsonScan, start: number, end: number, most: number): Path[] {
  const bytes = scan.bytes
  const found: Path[] = []
  const path: (() => string)[] = []
  const readValue = (at: number): number => {
    const byte = bytes[at]
    if (byte === 0x22) return scanString(scan, at, end)
    if (byte === 0x7b) return readMembers(at, true)
    if (byte === 0x5b) return readMembers(at, false)
    if (byte !== 0x2d && !(byte !== undefined && byte >= 0x30 && byte <= 0x39))
      return scanLiteral(scan, at, end)
    const after = scanNumber(scan, at, end)
    if (after - at >= 16 && found.length < most && isImprecise(bytes.toString('latin1', at, after))) {
      found.push(path.map((name) => name()))
    }
    return after
  }
  const readMembers = (at: number, named: boolean): number => {
    at = skipSpace(scan, at + 1, end)
    for (let index = 0; bytes[at] !== 0x7d && bytes[at] !== 0x5d; index++) {
      if (named) {
        const key = at
        const keyEnd = scanString(scan, at, end)
        path.push(() => (JSON.parse(bytes.toString('utf8', key, keyEnd)) as string).toWellFormed())
        at = skipSpace(scan, skipSpace(scan, keyEnd, end) + 1, end)
      } else path.push(() => String(index))
      at = skipSpace(scan, readValue(at), end)
      path.pop()
      if (bytes[at] === 0x2c) at = skipSpace(scan, at + 1, end)
    }
    return at + 1
  }
  readValue(start)
  return found
}

function isImprecise(text: string): boolean {
  if (!INTEGER.test(text)) return false
  // As long as that, it is beyond 2^53 unless it is zeros, and those JSON does not allow.
  if (text.length > 20) return true
  const integer = BigInt(text)
  return integer > MAX_EXACT || integer < -MAX_EXACT
}

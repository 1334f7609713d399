// Escape sequences of JSON strings: whether they are right, whether they leave half a surrogate pair, and how many bytes
// of UTF-8 a key with escapes has.
import { NOTE } from './scan-notes.ts'

// Value of a hexadecimal digit, 255 for other bytes.
const HEX = new Uint8Array(256).fill(255)
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16)
  HEX[text.charCodeAt(0)] = digit
  HEX[text.toUpperCase().charCodeAt(0)] = digit
}

// 1 for what may follow a backslash, apart from `u`.
const SIMPLE = new Uint8Array(256)
for (const letter of '"\\/bfnrt') SIMPLE[letter.charCodeAt(0)] = 1

/** The code unit of `\uXXXX` whose backslash is at `at`; -1 when it is none or cut. */
function unitAt(bytes: Buffer, at: number, end: number): number {
  if (at + 6 > end || bytes[at] !== 0x5c || bytes[at + 1] !== 0x75) return -1
  const a = HEX[bytes[at + 2] as number] as number
  const b = HEX[bytes[at + 3] as number] as number
  const c = HEX[bytes[at + 4] as number] as number
  const d = HEX[bytes[at + 5] as number] as number
  return (a | b | c | d) > 15 ? -1 : (a << 12) | (b << 8) | (c << 4) | d
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff

/** Behind the escape (or the pair of them) whose backslash is at `at`; -1 when JSON knows none like it. */
export function scanEscape(
  scan: { bytes: Buffer; notes: number; escapes: number },
  at: number,
  end: number,
): number {
  const bytes = scan.bytes
  scan.escapes++
  if (at + 1 < end && SIMPLE[bytes[at + 1] as number] === 1) return at + 2
  const unit = unitAt(bytes, at, end)
  if (unit < 0) return -1
  if (!isHigh(unit) && !isLow(unit)) return at + 6
  if (isHigh(unit) && isLow(unitAt(bytes, at + 6, end))) return at + 12
  scan.notes |= NOTE.loneSurrogate
  return at + 6
}

/** Bytes of UTF-8 of a valid key's text between `start` and `end`; half a pair counts as the U+FFFD that it becomes. */
export function keyBytes(bytes: Buffer, start: number, end: number): number {
  let count = 0
  for (let at = start; at < end;) {
    if (bytes[at] !== 0x5c) {
      count++
      at++
      continue
    }
    const unit = unitAt(bytes, at, end)
    if (unit < 0) {
      count++
      at += 2
    } else if (isHigh(unit) && isLow(unitAt(bytes, at + 6, end))) {
      count += 4
      at += 12
    } else {
      count += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3
      at += 6
    }
  }
  return count
}

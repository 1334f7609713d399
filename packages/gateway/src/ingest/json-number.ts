// Numbers of JSON, by position. Values are not computed: a number is only noted when its text is long enough, or its
// exponent large enough, that it could be beyond 2^53 or beyond a double; the exact path decides those.
import { NOTE } from './scan-notes.ts'

// 2^53 has 16 digits.
const LONG_DIGITS = 16
// With fewer digits before the point than 200, and at most two in the exponent, no number is beyond 1e308.
const HUGE_DIGITS = 200
const HUGE_EXPONENT_DIGITS = 3

// A digit's value is below 10; every other byte's is not, seen as unsigned.
const ZERO = 0x30

/** First position from `at` that is no digit. */
function skipDigits(bytes: Buffer, at: number, end: number): number {
  while (at < end && ((bytes[at] as number) - ZERO) >>> 0 < 10) at++
  return at
}

/** Behind the number at `at`, or -1 when it is none. What follows it is the caller's business. */
export function scanNumber(scan: { bytes: Buffer; notes: number }, at: number, end: number): number {
  const bytes = scan.bytes
  if (at < end && bytes[at] === 0x2d) at++
  const first = at
  at = skipDigits(bytes, at, end)
  const digits = at - first
  if (digits === 0 || (digits > 1 && bytes[first] === ZERO)) return -1
  if (digits >= LONG_DIGITS)
    scan.notes |= digits >= HUGE_DIGITS ? NOTE.longNumber | NOTE.hugeNumber : NOTE.longNumber
  if (at < end && bytes[at] === 0x2e) {
    const fraction = at + 1
    at = skipDigits(bytes, fraction, end)
    if (at === fraction) return -1
  }
  if (at < end && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    at++
    if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++
    const exponent = at
    at = skipDigits(bytes, exponent, end)
    if (at === exponent) return -1
    if (at - exponent >= HUGE_EXPONENT_DIGITS) scan.notes |= NOTE.hugeNumber
  }
  return at
}

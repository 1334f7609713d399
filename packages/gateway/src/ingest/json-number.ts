// Numbers of JSON, by position. Values are not computed: a number is only noted when its text is long enough, or its
// exponent large enough, that it could be beyond 2^53 or beyond a double; the exact path decides those.
import { NOTE } from './scan-notes.ts'

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

// 2^53 has 16 digits. With fewer digits before the point and at most two in the exponent, no number is beyond 1e308.
const ODD_DIGITS = 16
const ODD_EXPONENT_DIGITS = 3

/** Behind the number at `at`, or -1 when it is none. What follows it is the caller's business. */
export function scanNumber(scan: { bytes: Buffer; notes: number }, at: number, end: number): number {
  const bytes = scan.bytes
  const byteAt = (position: number): number => (position < end ? (bytes[position] as number) : 0)
  let byte = byteAt(at)
  if (byte === 0x2d) byte = byteAt(++at)
  const first = at
  if (byte === 0x30) byte = byteAt(++at)
  else {
    if (!isDigit(byte)) return -1
    do byte = byteAt(++at)
    while (isDigit(byte))
  }
  if (at - first >= ODD_DIGITS) scan.notes |= NOTE.oddNumber
  if (byte === 0x2e) {
    byte = byteAt(++at)
    if (!isDigit(byte)) return -1
    do byte = byteAt(++at)
    while (isDigit(byte))
  }
  if (byte === 0x65 || byte === 0x45) {
    byte = byteAt(++at)
    if (byte === 0x2b || byte === 0x2d) byte = byteAt(++at)
    if (!isDigit(byte)) return -1
    const exponent = at
    do byte = byteAt(++at)
    while (isDigit(byte))
    if (at - exponent >= ODD_EXPONENT_DIGITS) scan.notes |= NOTE.oddNumber
  }
  return at
}

// UUIDv7 (RFC 9562): time first, so that ids sort by when they were made; inside a millisecond a counter keeps the order of
// the calls. A clock that goes back a little does not disturb the order; after a jump of more than a second ids follow the clock.
const BACKWARD_TOLERANCE_MS = 1_000
const COUNTER_START = 4_096 // 12 bits, behind a digit that keeps their zeros

/** Returns a function that makes an id for a moment (ms since 1970). */
export function createEventIds(): (nowMs: number) => string {
  let lastMs = 0
  let counter = 0
  return (nowMs) => {
    if (nowMs > lastMs || nowMs < lastMs - BACKWARD_TOLERANCE_MS) {
      lastMs = nowMs
      counter = COUNTER_START
    } else if (++counter === 2 * COUNTER_START) {
      lastMs++
      counter = COUNTER_START
    }
    const random = crypto.getRandomValues(new Uint8Array(8))
    random[0] = ((random[0] as number) & 0x3f) | 0x80 // the variant
    const hex =
      lastMs.toString(16).padStart(12, '0') +
      counter.toString(16).replace('1', '7') + // 1 and the counter; 7 is the version
      [...random].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  }
}

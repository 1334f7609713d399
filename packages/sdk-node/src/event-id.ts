// UUIDv7 (RFC 9562): time first, so that ids sort by when they were made; inside a millisecond a counter keeps the order of
// the calls. A clock that goes back a little does not disturb the order; after a jump of more than a second ids follow the clock.
// Random bytes are drawn for many ids at once: one by one they would cost more than all the rest of a call.
import { randomFillSync } from 'node:crypto'

const POOLED_IDS = 256
const RANDOM_BYTES = 8 // 62 bits of them are used
const BACKWARD_TOLERANCE_MS = 1_000
const COUNTER_END = 4_096 // 12 bits

/** Returns a function that makes an id for a moment (ms since 1970). */
export function createEventIds(): (nowMs: number) => string {
  const pool = new Uint8Array(POOLED_IDS * RANDOM_BYTES)
  const hex = Array.from({ length: 256 }, (_, byte) => (byte + 256).toString(16).slice(1))
  let used = pool.length
  let lastMs = 0
  let counter = 0
  let prefix = ''

  return (nowMs) => {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    if (nowMs > lastMs || nowMs < lastMs - BACKWARD_TOLERANCE_MS) {
      lastMs = nowMs
      counter = -1
    }
    if (++counter === COUNTER_END) {
      lastMs++
      counter = 0
    }
    if (counter === 0) {
      const time = lastMs.toString(16).padStart(12, '0')
      prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`
    }
    const at = used
    used += RANDOM_BYTES
    const byte = (index: number) => hex[pool[at + index] as number] as string
    const variant = hex[((pool[at] as number) & 0x3f) | 0x80] as string
    return (
      `${prefix}${(counter + COUNTER_END).toString(16).slice(1)}-${variant}${byte(1)}-` +
      byte(2) +
      byte(3) +
      byte(4) +
      byte(5) +
      byte(6) +
      byte(7)
    )
  }
}

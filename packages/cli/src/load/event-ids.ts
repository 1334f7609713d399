// UUIDv7s (RFC 9562 §5.7) whose random part comes from a seed.
import type { Random } from './random.ts'

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

/** `time` in ms since 1970. */
export function seededUuid(time: number, random: Random): string {
  const head = hex(time, 12)
  const a = random.word()
  const b = random.word()
  const c = random.word()
  const variant = hex(0x8000 | (b & 0x3fff), 4)
  return `${head.slice(0, 8)}-${head.slice(8)}-7${hex(a & 0xfff, 3)}-${variant}-${hex(c, 8)}${hex(a >>> 16, 4)}`
}

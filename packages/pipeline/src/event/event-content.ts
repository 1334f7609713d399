// What two copies of one event must share to be the same event: every field of the contract as sent, compared as values.
// The order of keys and the spelling of numbers, strings and times do not matter; an absent timestamp stays absent.
import { createHash } from 'node:crypto'
import type { JsonValue, WireEvent } from '@penstock/contract'
import { parseTimestamp } from './timestamp.ts'

/** Canonical text of an event's content. Equal texts, equal content. */
export function contentText(event: WireEvent): string {
  const { timestamp, ...rest } = event
  const content: Record<string, JsonValue> = { ...(rest as Record<string, JsonValue>) }
  if (typeof timestamp === 'string') content['timestamp'] = parseTimestamp(timestamp) ?? timestamp
  return canonical(content)
}

/** Hash of bytes as sent: the registry's fast comparison. 16 bytes of SHA-256. */
export function bytesHash(bytes: Uint8Array): Uint8Array {
  // A copy out of the pool of small buffers: kept with each event, a memory area of its own would cost more than the hash.
  return Buffer.from(createHash('sha256').update(bytes).digest().subarray(0, 16))
}

function canonical(value: JsonValue | undefined): string {
  if (value === undefined) return 'null'
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`
}

// Does a row or a dead letter hold what was sent? Compared field by field, on its own: nothing of the product's comparison.
import type { Fields, Json } from './made-event.ts'

/** Deep equality of JSON values; the order of keys does not matter, `__proto__` is a key like others. */
export function sameJson(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true
  if (left === null || right === null || typeof left !== 'object' || typeof right !== 'object') return false
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false
    return left.every((item, index) => sameJson(item, right[index]))
  }
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  return keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]))
}

const instant = (text: unknown): string | null => {
  const time = typeof text === 'string' ? Date.parse(text) : NaN
  return Number.isNaN(time) ? null : new Date(time).toISOString()
}

/**
 * Is `row`, as an export or a receipt shows it, the event `sent`? `timestamp` must be the one sent, to the millisecond, or
 * the time of receipt when none was sent; nothing may be missing and nothing may have been added.
 */
export function rowHolds(row: Fields, sent: Fields): boolean {
  const { timestamp, received_at: receivedAt, ...rest } = row
  const { timestamp: sentTimestamp, ...sentRest } = sent
  if (instant(receivedAt) !== receivedAt) return false
  const expected = sentTimestamp === undefined ? receivedAt : instant(sentTimestamp)
  return timestamp === expected && sameJson(rest, sentRest)
}

// From the HTTP contract's table; unknown fields of a body are no content.
const CONTENT = [
  'event_id',
  'type',
  'event',
  'name',
  'timestamp',
  'user_id',
  'anonymous_id',
  'previous_id',
  'group_id',
  'session_id',
  'seq',
  'properties',
  'traits',
  'context',
]

/** Is the body of a dead letter (the bytes as sent, in any spelling) the event `sent`? */
export function letterHolds(body: string, sent: Fields): boolean {
  const parsed = JSON.parse(body) as Fields
  return CONTENT.every((field) => {
    const value = sent[field]
    const found = Object.hasOwn(parsed, field) && parsed[field] !== null ? parsed[field] : undefined
    if (field === 'event_id') return typeof found === 'string' && found.toLowerCase() === value
    if (field === 'timestamp') return instant(found) === instant(value)
    return sameJson(found, value)
  })
}

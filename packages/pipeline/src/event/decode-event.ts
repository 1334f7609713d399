// Turns an event's bytes as sent into the event that stores and answers see: the contract's fields only, `null` fields
// absent, lone surrogates repaired, the id in lower case. A pure function of the bytes: every release, process and replay
// must read the same event.
import { EVENT_FIELDS, type JsonObject, type JsonValue, type WireEvent } from '@penstock/contract'

// A lone surrogate can only reach us as an escape, since the body was valid UTF-8.
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/

/** The bytes were checked by the gateway; text that is no JSON object throws SyntaxError. */
export function decodeEvent(bytes: Uint8Array): WireEvent {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const parsed = JSON.parse(text) as JsonValue
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new SyntaxError('an event is a JSON object')
  }
  const source = SURROGATE_ESCAPE.test(text) ? (repaired(parsed) as JsonObject) : parsed
  const event: Record<string, JsonValue> = {}
  for (const field of EVENT_FIELDS) {
    // Own properties only: a key named like something of Object.prototype is data.
    if (!Object.hasOwn(source, field)) continue
    const value = source[field]
    if (value !== null && value !== undefined) event[field] = value
  }
  if (typeof event['event_id'] === 'string') event['event_id'] = event['event_id'].toLowerCase()
  return event as unknown as WireEvent
}

function repaired(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.toWellFormed()
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(repaired)
  const out: { [key: string]: JsonValue } = {}
  for (const [key, item] of Object.entries(value)) setOwn(out, key.toWellFormed(), repaired(item))
  return out
}

// `out.__proto__ = x` would set the prototype instead of a key.
function setOwn(target: { [key: string]: JsonValue }, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else target[key] = value
}

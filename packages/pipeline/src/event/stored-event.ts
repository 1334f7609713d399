// An event as every answer shows it.
import type { JsonValue, StoredEvent } from '@penstock/contract'
import { decodeEvent } from './decode-event.ts'
import { formatTimestamp, parseTimestamp } from './timestamp.ts'

/**
 * The contract's fields that were sent, `timestamp` always (the event time), `original_timestamp` when the one sent
 * differs, and `received_at`.
 */
export function storedEvent(row: { bytes: Uint8Array; eventTime: number; receivedAt: number }): StoredEvent {
  const { timestamp, ...rest } = decodeEvent(row.bytes)
  const sent = typeof timestamp === 'string' ? parseTimestamp(timestamp) : null
  return {
    ...(rest as unknown as Record<string, JsonValue>),
    timestamp: formatTimestamp(row.eventTime),
    ...(sent !== null && sent !== row.eventTime ? { original_timestamp: formatTimestamp(sent) } : {}),
    received_at: formatTimestamp(row.receivedAt),
  } as StoredEvent
}

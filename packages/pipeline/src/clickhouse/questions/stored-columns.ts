// From a row of the events table back to the event as every answer shows it; the same shape as event/stored-event.ts, which
// reads the bytes as sent.
import type { JsonObject, JsonValue, StoredEvent } from '@penstock/contract'
import { formatTimestamp } from '../../event/timestamp.ts'

/** Names do not shadow columns: an alias that does would be what WHERE and ORDER BY mean. */
export const STORED_COLUMNS = `
  toString(event_id) AS id, type AS kind, event AS track_event, page_name AS shown_name,
  toUnixTimestamp64Milli(event_time) AS event_ms, toUnixTimestamp64Milli(received_at) AS received_ms,
  original_ms AS sent_ms, user_id AS user, anonymous_id AS anonymous, previous_id AS previous, group_id AS group_key,
  session_id AS session, seq AS session_seq, properties AS properties_json, traits AS traits_json, context AS context_json`

export interface StoredColumns {
  id: string
  kind: string
  track_event: string
  shown_name: string | null
  event_ms: string | number
  received_ms: string | number
  sent_ms: string | number | null
  user: string
  anonymous: string
  previous: string
  group_key: string
  session: string | null
  session_seq: string | number | null
  properties_json: string
  traits_json: string
  context_json: string
}

export function storedEventOf(row: StoredColumns): StoredEvent {
  const fields: [string, JsonValue | undefined][] = [
    ['event_id', row.id],
    ['type', row.kind],
    ['event', text(row.track_event)],
    ['name', row.shown_name ?? undefined],
    ['user_id', text(row.user)],
    ['anonymous_id', text(row.anonymous)],
    ['previous_id', text(row.previous)],
    ['group_id', text(row.group_key)],
    ['session_id', row.session ?? undefined],
    ['seq', row.session_seq === null ? undefined : Number(row.session_seq)],
    ['properties', json(row.properties_json)],
    ['traits', json(row.traits_json)],
    ['context', json(row.context_json)],
    ['timestamp', formatTimestamp(Number(row.event_ms))],
    ['original_timestamp', row.sent_ms === null ? undefined : formatTimestamp(Number(row.sent_ms))],
    ['received_at', formatTimestamp(Number(row.received_ms))],
  ]
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined)) as StoredEvent
}

const text = (value: string): string | undefined => (value === '' ? undefined : value)
const json = (value: string): JsonObject | undefined =>
  value === '' ? undefined : (JSON.parse(value) as JsonObject)

import type { EventCode, RequestCode, WarningCode } from './error-codes.ts'
import type { JsonObject } from './event.ts'

/** Why one event of a body was refused. `index` counts the entries of the body from 0. */
export interface RejectedEvent {
  index: number
  /** As sent, when it could be read. */
  event_id?: string
  code: EventCode
  message: string
  /** The field at fault, for codes about a field. */
  field?: string
}

/** What was odd about an accepted event or about the body (then without `index`). */
export interface EventWarning {
  index?: number
  event_id?: string
  code: WarningCode
  field?: string
}

/** Answer of `POST /events` and `POST /v1/import`: 202, or 422 when every event was refused. */
export interface IngestResponse {
  request_id: string
  /** Comparable with `as_of` and `processed_through`. */
  accepted_at: string
  accepted: number
  rejected: RejectedEvent[]
  /** At most 100. */
  warnings?: EventWarning[]
}

/** Body of every error, RFC 9457. */
export interface Problem {
  type: string
  title: string
  status: number
  code: RequestCode | EventCode
  detail: string
  request_id: string
  [extra: string]: unknown
}

export type ReceiptState = 'hot' | 'cold' | 'dead_letter'

/** Answer of `GET /events/{event_id}`. */
export interface Receipt {
  event_id: string
  state: ReceiptState
  received_at: string
  /** The latest dead letter of this id: of the event itself, or of a losing copy. */
  dead_letter?: { id: string; reason: string }
  /** Only with a read or admin key. */
  event?: JsonObject
}

/** An event as every answer shows it: the contract's fields that were sent, event time and time of receipt. */
export type StoredEvent = JsonObject & { event_id: string; timestamp: string; received_at: string }

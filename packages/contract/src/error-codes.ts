/**
 * The catalogue of codes. `request` codes refuse a whole request with `status`; `event` codes refuse one event inside a
 * 202 or 422; `warning` codes refuse nothing. docs/errors.md has a heading per code and a test holds the two equal.
 */
export interface CodeEntry {
  readonly scope: 'request' | 'event' | 'warning'
  /** HTTP status of a `request` code; 0 for the others. */
  readonly status: number
  readonly title: string
}

const request = (status: number, title: string) => ({ scope: 'request', status, title }) as const
const event = (title: string) => ({ scope: 'event', status: 0, title }) as const
const warning = (title: string) => ({ scope: 'warning', status: 0, title }) as const

export const CODES = {
  // The request cannot be read.
  body_not_utf8: request(400, 'Body is not UTF-8'),
  body_not_json: request(400, 'Body is not JSON'),
  body_empty: request(400, 'Body has no event'),
  body_not_events: request(400, 'Body holds no events'),
  body_not_decodable: request(400, 'Body does not decompress'),
  request_malformed: request(400, 'Request is not HTTP'),
  parameter_invalid: request(400, 'Parameter is not valid'),
  // Keys.
  key_missing: request(401, 'Key is missing'),
  key_unknown: request(401, 'Key is unknown'),
  key_not_allowed: request(403, 'Key may not do this'),
  origin_not_allowed: request(403, 'Origin is not allowed'),
  // What is asked for.
  route_not_found: request(404, 'Nothing here'),
  event_not_found: request(404, 'Event not found'),
  event_expired: request(404, 'Event is older than receipts are kept'),
  user_not_found: request(404, 'User not found'),
  project_not_found: request(404, 'Project not found'),
  project_exists: request(409, 'Project exists'),
  key_not_found: request(404, 'Key not found'),
  dead_letter_not_found: request(404, 'Dead letter not found'),
  method_not_allowed: request(405, 'Method not allowed'),
  request_timeout: request(408, 'Request took too long to arrive'),
  body_too_large: request(413, 'Body too large'),
  decoded_body_too_large: request(413, 'Decoded body too large'),
  too_many_events: request(413, 'Too many events'),
  headers_too_large: request(431, 'Headers too large'),
  content_type_unsupported: request(415, 'Content type not supported'),
  encoding_unsupported: request(415, 'Content encoding not supported'),
  query_too_large: request(422, 'Query needs too much memory'),
  // Try later.
  rate_limited: request(429, 'Project is over its rate'), // nothing sends it yet: there is no rate quota
  dead_letters_full: request(429, 'Project has too many open dead letters'),
  internal_error: request(500, 'Internal error'),
  overloaded: request(503, 'Server is busy'),
  not_durable: request(503, 'Events could not be stored now'),
  store_unavailable: request(503, 'Store does not answer'),
  shutting_down: request(503, 'Server is shutting down'),
  query_timeout: request(504, 'Query took too long'),
  // One event is refused.
  event_not_object: event('Event is no object'),
  event_not_json: event('Line is no JSON'),
  event_too_large: event('Event too large'),
  too_deep: event('Event nested too deep'),
  too_many_keys: event('Object has too many keys'),
  key_too_long: event('Key too long'),
  event_id_missing: event('event_id is missing'),
  event_id_invalid: event('event_id is no UUID'),
  type_missing: event('type is missing'),
  type_unknown: event('type is unknown'),
  event_name_missing: event('Event name is missing'),
  event_name_too_long: event('Event name too long'),
  timestamp_invalid: event('timestamp is impossible'),
  timestamp_too_old: event('Event too old'),
  timestamp_in_future: event('Event in the future'),
  identity_missing: event('user_id or anonymous_id is needed'),
  user_id_missing: event('user_id is missing'),
  previous_id_missing: event('previous_id is missing'),
  group_id_missing: event('group_id is missing'),
  id_illegal: event('Id is a programming mistake'),
  field_invalid: event('Field is not valid'),
  number_out_of_range: event('Number out of range'),
  // Reasons of dead letters, and the code of a refused repair.
  event_id_conflict: event('Another event has this event_id'),
  store_refused: event('Store refused the event'),
  // Warnings.
  unknown_field: warning('Field is unknown'),
  number_imprecise: warning('Integer beyond 2^53'),
  text_repaired: warning('Lone surrogates replaced'),
  clock_corrected: warning('Client clock corrected'),
  sent_at_invalid: warning('sent_at ignored'),
} as const satisfies Record<string, CodeEntry>

export type Code = keyof typeof CODES
type CodeOfScope<S extends CodeEntry['scope']> = {
  [K in Code]: (typeof CODES)[K]['scope'] extends S ? K : never
}[Code]
export type RequestCode = CodeOfScope<'request'>
export type EventCode = CodeOfScope<'event'>
export type WarningCode = CodeOfScope<'warning'>

/** Why an event stands in the dead letters. */
export const DEAD_LETTER_REASONS = ['event_id_conflict', 'store_refused'] as const
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number]

/** The page that explains a code; `type` of a problem body. */
export const problemType = (code: Code): string => `https://penstock.dev/errors#${code}`

// Every way in which one event is refused, as constants: code, field at fault, and a sentence that says the limit and what
// to do. Never the value itself, which may be personal.
import { EVENT_TYPES, LIMITS, type EventCode } from '@penstock/contract'

export interface Refusal {
  readonly code: EventCode
  readonly message: string
  readonly field?: string
}

const refusal = (code: EventCode, message: string, field?: string): Refusal =>
  Object.freeze(field === undefined ? { code, message } : { code, message, field })

const days = LIMITS.maxEventAgeMs / 86_400_000
const hours = LIMITS.maxEventFutureMs / 3_600_000

export const REFUSALS = {
  notObject: refusal('event_not_object', 'An event is a JSON object.'),
  notJson: refusal('event_not_json', 'The line is no JSON. Send one complete JSON object a line.'),
  tooLarge: refusal('event_too_large', `An event may have at most ${LIMITS.maxEventBytes} bytes of JSON.`),
  tooDeep: refusal('too_deep', `An event may nest at most ${LIMITS.maxDepth} levels, itself included.`),
  tooManyKeys: refusal('too_many_keys', `An object may have at most ${LIMITS.maxKeysPerObject} keys.`),
  keyTooLong: refusal('key_too_long', `A key may have at most ${LIMITS.maxKeyBytes} bytes of UTF-8.`),
  idMissing: refusal(
    'event_id_missing',
    'event_id is required: a UUID made once, kept on every retry.',
    'event_id',
  ),
  idInvalid: refusal('event_id_invalid', 'event_id must be a UUID, neither nil nor max.', 'event_id'),
  typeMissing: refusal('type_missing', `type is required: one of ${EVENT_TYPES.join(', ')}.`, 'type'),
  typeUnknown: refusal('type_unknown', `type must be one of ${EVENT_TYPES.join(', ')}.`, 'type'),
  nameMissing: refusal(
    'event_name_missing',
    `A track event needs event, 1–${LIMITS.maxEventNameChars} characters.`,
    'event',
  ),
  nameTooLong: refusal(
    'event_name_too_long',
    `event may have at most ${LIMITS.maxEventNameChars} characters.`,
    'event',
  ),
  timestampInvalid: refusal(
    'timestamp_invalid',
    'timestamp must be an RFC 3339 time with an offset, such as 2026-11-22T10:00:00.000Z.',
    'timestamp',
  ),
  timestampTooOld: refusal(
    'timestamp_too_old',
    `The event is more than ${days} days old. Send history to /v1/import.`,
    'timestamp',
  ),
  timestampBefore1970: refusal('timestamp_too_old', 'The event is from before 1970.', 'timestamp'),
  timestampInFuture: refusal(
    'timestamp_in_future',
    `The event is more than ${hours} hour ahead. Check the clock.`,
    'timestamp',
  ),
  identityMissing: refusal('identity_missing', 'An event needs user_id or anonymous_id.'),
  userIdMissing: refusal('user_id_missing', 'identify and alias events need user_id.', 'user_id'),
  previousIdMissing: refusal('previous_id_missing', 'An alias event needs previous_id.', 'previous_id'),
  groupIdMissing: refusal('group_id_missing', 'A group event needs group_id.', 'group_id'),
} as const

/** Fields whose wrong type or length is `field_invalid`, with what is expected of them. */
const EXPECTED = {
  event: `a string of 1–${LIMITS.maxEventNameChars} characters`,
  name: `a string of at most ${LIMITS.maxPageNameChars} characters`,
  user_id: `a string of 1–${LIMITS.maxIdChars} characters`,
  anonymous_id: `a string of 1–${LIMITS.maxIdChars} characters`,
  previous_id: `a string of 1–${LIMITS.maxIdChars} characters`,
  group_id: `a string of 1–${LIMITS.maxIdChars} characters`,
  session_id: `a string of at most ${LIMITS.maxSessionIdChars} characters`,
  seq: 'an integer from 0 to 2^53 − 1',
  properties: 'an object',
  traits: 'an object',
  context: 'an object',
} as const
type ExpectedField = keyof typeof EXPECTED

const entries = Object.entries(EXPECTED) as [ExpectedField, string][]

export const FIELD_INVALID = Object.fromEntries(
  entries.map(([field, expected]) => [
    field,
    refusal('field_invalid', `${field} must be ${expected}.`, field),
  ]),
) as Record<ExpectedField, Refusal>

const ids = ['user_id', 'anonymous_id', 'previous_id', 'group_id'] as const

export const ID_ILLEGAL = Object.fromEntries(
  ids.map((field) => [
    field,
    refusal('id_illegal', `${field} looks like a programming mistake (null, undefined, blank …).`, field),
  ]),
) as Record<(typeof ids)[number], Refusal>

/** A number at `field` that no double can hold. */
export const numberOutOfRange = (field: string): Refusal =>
  refusal('number_out_of_range', 'The number is beyond the range of a double. Send it as a string.', field)

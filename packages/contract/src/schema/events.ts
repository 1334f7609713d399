// What is sent and what is answered. The gateway checks events on the bytes, by the same limits, before anything is parsed;
// these schemas are what OpenAPI publishes, and what a test holds against the gateway's answers.
import { Type } from 'typebox'
import { CODES, type Code } from '../error-codes.ts'
import { EVENT_TYPES } from '../event.ts'
import { LIMITS } from '../limits.ts'
import { AnyObject, Id, Time, Uuid, orNull } from './parts.ts'

const codesOf = (scope: 'event' | 'warning') =>
  (Object.keys(CODES) as Code[]).filter((code) => CODES[code].scope === scope)

/** One event as a client sends it. */
export const EventSchema = Type.Object(
  {
    event_id: Type.String({
      format: 'uuid',
      description:
        'Any version, not nil or max; case does not matter. With the project it is the identity of the event.',
    }),
    type: Type.Enum([...EVENT_TYPES]),
    event: Type.Optional(
      orNull(
        Type.String({
          minLength: 1,
          maxLength: LIMITS.maxEventNameChars,
          description: 'Required for `track`.',
        }),
      ),
    ),
    name: Type.Optional(
      orNull(Type.String({ maxLength: LIMITS.maxPageNameChars, description: 'Page or screen name.' })),
    ),
    timestamp: Type.Optional(
      orNull(
        Type.String({
          format: 'date-time',
          description: 'When it happened. Default: when it was received. From 30 days ago to an hour ahead.',
        }),
      ),
    ),
    user_id: Type.Optional(orNull(Id)),
    anonymous_id: Type.Optional(orNull(Id)),
    previous_id: Type.Optional(orNull(Id)),
    group_id: Type.Optional(orNull(Id)),
    session_id: Type.Optional(orNull(Type.String({ maxLength: LIMITS.maxSessionIdChars }))),
    seq: Type.Optional(orNull(Type.Integer({ minimum: 0, description: 'Order within a session.' }))),
    properties: Type.Optional(orNull(AnyObject)),
    traits: Type.Optional(orNull(AnyObject)),
    context: Type.Optional(orNull(AnyObject)),
  },
  {
    description:
      `At most ${LIMITS.maxEventBytes} bytes of its own JSON, depth ${LIMITS.maxDepth}, ${LIMITS.maxKeysPerObject} keys ` +
      `an object, ${LIMITS.maxKeyBytes} bytes a key. Other fields are never stored and named in the warnings.`,
  },
)

const EventList = Type.Array(EventSchema, { minItems: 1, maxItems: LIMITS.maxEventsPerRequest })

/** Body of `POST /events`: one event, a list, or a list with the client's clock. */
export const EventsBodySchema = Type.Union(
  [
    EventSchema,
    EventList,
    Type.Object({
      sent_at: Type.Optional(
        orNull(
          Type.String({ format: 'date-time', description: 'The client’s clock when it sent the body.' }),
        ),
      ),
      events: EventList,
    }),
  ],
  {
    description:
      `At most ${LIMITS.maxBodyBytes} bytes as sent, ${LIMITS.maxDecodedBodyBytes} decoded (ratio ` +
      `${LIMITS.maxCompressionRatio}), ${LIMITS.maxEventsPerRequest} events. \`Content-Encoding\`: gzip or deflate.`,
  },
)

export const RejectedEventSchema = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  event_id: Type.Optional(Type.String()),
  code: Type.Enum(codesOf('event')),
  message: Type.String(),
  field: Type.Optional(Type.String()),
})

export const EventWarningSchema = Type.Object({
  index: Type.Optional(Type.Integer({ minimum: 0 })),
  event_id: Type.Optional(Type.String()),
  code: Type.Enum(codesOf('warning')),
  field: Type.Optional(Type.String()),
})

/** Answer of `POST /events` and `POST /v1/import`. */
export const IngestResponseSchema = Type.Object(
  {
    request_id: Type.String(),
    accepted_at: Time,
    accepted: Type.Integer({ minimum: 0 }),
    rejected: Type.Array(RejectedEventSchema),
    warnings: Type.Optional(Type.Array(EventWarningSchema, { maxItems: LIMITS.maxWarnings })),
  },
  { description: '`accepted` + `rejected.length` = events in the body. Accepted events are durable.' },
)

/** An event as every answer shows it. */
export const StoredEventSchema = Type.Object(
  {
    event_id: Uuid,
    type: Type.Enum([...EVENT_TYPES]),
    timestamp: Time,
    original_timestamp: Type.Optional(Time),
    received_at: Time,
  },
  { additionalProperties: true, description: 'The fields that were sent; `timestamp` is the event time.' },
)

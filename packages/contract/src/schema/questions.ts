// The questions as GET requests: numbers and lists stand in the query as text.
import { Type, type TProperties } from 'typebox'
import { Time } from './parts.ts'

const RANGE = {
  from: Type.Optional(
    Type.String({ description: 'Date in `tz`, or RFC 3339 time. Default: 30 days, today included.' }),
  ),
  to: Type.Optional(Type.String({ description: 'A date includes its whole day; a time is exclusive.' })),
  tz: Type.Optional(Type.String({ default: 'UTC', description: 'IANA name.' })),
  filters: Type.Optional(
    Type.String({
      contentMediaType: 'application/json',
      description: 'JSON: `[{ "property": P, "op": O, "value": V }]`, all must hold.',
    }),
  ),
  project: Type.Optional(Type.String({ description: 'Only with the admin key of the installation.' })),
}

const question = <P extends TProperties>(properties: P) =>
  Type.Object({ ...RANGE, ...properties }, { additionalProperties: false })

const Interval = Type.Optional(Type.Enum(['hour', 'day', 'week', 'month'], { default: 'day' }))

export const ActiveUsersQuery = question({
  interval: Interval,
  event: Type.Optional(Type.String()),
  rolling: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'Days: each period counts that many calendar days up to its end.',
    }),
  ),
})

export const TopEventsQuery = question({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 10 })),
  order: Type.Optional(Type.Enum(['events', 'users'], { default: 'events' })),
})

export const RetentionQuery = question({
  interval: Interval,
  periods: Type.Optional(Type.Integer({ minimum: 1, maximum: 90, default: 7 })),
  mode: Type.Optional(Type.Enum(['first_time', 'recurring'], { default: 'first_time' })),
  count: Type.Optional(Type.Enum(['on', 'on_or_after'], { default: 'on' })),
  start_event: Type.Optional(Type.String()),
  return_event: Type.Optional(Type.String()),
})

export const ExportQuery = question({
  format: Type.Optional(Type.String({ default: 'ndjson', description: 'Only `ndjson` yet.' })),
  event: Type.Optional(Type.String()),
})

/** Filters after `JSON.parse`. What a property or value may be is the question's to say. */
export const FiltersSchema = Type.Array(
  Type.Object(
    { property: Type.String(), op: Type.String(), value: Type.Optional(Type.Unknown()) },
    { additionalProperties: false },
  ),
  { maxItems: 100 },
)

const answer = <P extends TProperties>(row: P) =>
  Type.Object({
    query: Type.Record(Type.String(), Type.Unknown(), { description: 'As understood, defaults filled.' }),
    as_of: Type.String({ ...Time, description: 'Everything accepted before this is in the answer.' }),
    timezone: Type.String(),
    data: Type.Array(Type.Object(row)),
    stats: Type.Object({ elapsed_ms: Type.Number(), rows_read: Type.Number() }),
  })

const PartialMark = Type.Optional(Type.Literal(true, { description: 'The period is cut, or not over.' }))

export const ActiveUsersAnswer = answer({
  period: Type.String(),
  users: Type.Integer(),
  partial: PartialMark,
})

export const TopEventsAnswer = answer({
  event: Type.String(),
  events: Type.Integer(),
  users: Type.Integer(),
  share: Type.Number(),
})

const Cells = Type.Array(Type.Union([Type.Number(), Type.Null()]))

export const RetentionAnswer = answer({
  cohort: Type.String(),
  size: Type.Integer(),
  values: Cells,
  rates: Cells,
  partial: PartialMark,
})

import { Type, type Static } from 'typebox'
import { DEAD_LETTER_REASONS } from '../error-codes.ts'
import { Cursor, Limit, Time, Uuid, orNull, page } from './parts.ts'

const Reason = Type.Enum([...DEAD_LETTER_REASONS])
const State = Type.Enum(['open', 'replayed', 'discarded'])

const LETTER = {
  id: Type.String(),
  reason: Reason,
  detail: Type.String(),
  event_id: Uuid,
  received_at: Time,
  dead_at: Time,
  attempts: Type.Integer({ minimum: 1 }),
  state: State,
}

export const DeadLetterSchema = Type.Object(LETTER)
export type DeadLetterView = Static<typeof DeadLetterSchema>

export const DeadLetterListSchema = page(DeadLetterSchema)

export const DeadLetterDetailSchema = Type.Object({
  ...LETTER,
  body: orNull(
    Type.String({ description: 'The original bytes; null once a settled letter has given up its room.' }),
  ),
  encoding: Type.Enum(['utf8', 'base64'], { description: '`base64` when the bytes are not UTF-8.' }),
})

export const DeadLetterStateSchema = Type.Object({ id: Type.String(), state: State })

export const DeadLetterSummarySchema = Type.Object({
  data: Type.Array(Type.Object({ reason: Reason, state: State, count: Type.Integer({ minimum: 0 }) })),
})

export const DeadLetterParams = Type.Object({ id: Type.String() })

const Since = Type.String({ description: 'RFC 3339: only letters whose `dead_at` is not before this.' })

export const DeadLetterListQuery = Type.Object(
  {
    reason: Type.Optional(Reason),
    since: Type.Optional(Since),
    limit: Type.Optional(Limit),
    cursor: Type.Optional(Cursor),
    project: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

/** Body of a single replay. */
export const ReplayBody = Type.Object(
  {
    event: Type.Optional(
      orNull(
        Type.Record(Type.String(), Type.Unknown(), {
          description: 'The repaired event; may carry another `event_id`.',
        }),
      ),
    ),
  },
  { additionalProperties: false },
)

/** Body of a bulk replay. */
export const BulkReplayBody = Type.Object(
  { reason: Type.Optional(orNull(Reason)), since: Type.Optional(orNull(Since)) },
  { additionalProperties: false },
)

export const BulkReplaySchema = Type.Object({ replayed: Type.Integer({ minimum: 0 }) })

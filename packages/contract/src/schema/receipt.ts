import { Type } from 'typebox'
import { StoredEventSchema } from './events.ts'
import { Time, Uuid } from './parts.ts'

/** Answer of `GET /events/{event_id}`. */
export const ReceiptSchema = Type.Object({
  event_id: Uuid,
  state: Type.Enum(['hot', 'cold', 'dead_letter'], {
    description: '`hot`: stored, in timelines. `cold`: also counted in answers.',
  }),
  received_at: Time,
  dead_letter: Type.Optional(Type.Object({ id: Type.String(), reason: Type.String() })),
  event: Type.Optional(StoredEventSchema),
})

/** A path with an event's id. What is no UUID is `event_id_invalid`, not `parameter_invalid`, so the route checks it. */
export const EventIdParams = Type.Object({ event_id: Type.String() })

export const ReceiptQuery = Type.Object(
  {
    project: Type.Optional(Type.String()),
    write_key: Type.Optional(Type.String({ description: 'A write key, instead of the header.' })),
  },
  { additionalProperties: false },
)

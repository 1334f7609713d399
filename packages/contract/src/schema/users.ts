import { Type, type Static } from 'typebox'
import { StoredEventSchema } from './events.ts'
import { AnyObject, Cursor, Limit, Time, page } from './parts.ts'

export const UserParams = Type.Object({ id: Type.String() })

const Kind = Type.Enum(['user', 'anonymous'], {
  default: 'user',
  description: 'What the id is. A linked anonymous id answers for its user.',
})

export const UserQuery = Type.Object(
  { kind: Type.Optional(Kind), project: Type.Optional(Type.String()) },
  { additionalProperties: false },
)

export const TimelineQuerySchema = Type.Object(
  {
    kind: Type.Optional(Kind),
    limit: Type.Optional(Limit),
    cursor: Type.Optional(Cursor),
    project: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

/** Answer of `GET /v1/users/{id}`. */
export const UserProfileSchema = Type.Object({
  user_id: Type.Union([Type.String(), Type.Null()], { description: 'Null: an anonymous id without a link.' }),
  anonymous_ids: Type.Array(Type.String()),
  traits: AnyObject,
  first_seen: Time,
  last_seen: Time,
})
export type UserProfile = Static<typeof UserProfileSchema>

/** Answer of `GET /v1/users/{id}/events`: newest first. */
export const TimelineSchema = page(StoredEventSchema)

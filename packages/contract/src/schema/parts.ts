// Pieces that several schemas share.
import { Type, type Static, type TSchema } from 'typebox'
import { LIMITS } from '../limits.ts'

/** RFC 3339 with milliseconds, UTC: how every answer writes a time. */
export const Time = Type.String({ format: 'date-time', examples: ['2026-11-22T10:00:00.000Z'] })

export const Uuid = Type.String({ format: 'uuid' })

export const Id = Type.String({ minLength: 1, maxLength: LIMITS.maxIdChars })

export const ProjectId = Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,62}$' })

/** `null` for a field of a body is as if absent. */
export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** A JSON object with any keys. */
export const AnyObject = Type.Record(Type.String(), Type.Unknown())

/** A list and where its next page begins. */
export const page = <T extends TSchema>(item: T) =>
  Type.Object({
    data: Type.Array(item),
    next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'Null: this is the last page.' }),
  })

/** How many items a page has. */
export const Limit = Type.Integer({ minimum: 1, maximum: 500, default: 50 })

export const Cursor = Type.String({
  minLength: 1,
  maxLength: 1_000,
  description: 'The `next_cursor` of the page before.',
})

/** `?project=`: the installation's admin key may name any project. */
export const ProjectQuery = Type.Object(
  { project: Type.Optional(Type.String({ description: 'Only with the admin key of the installation.' })) },
  { additionalProperties: false },
)
export type ProjectQuery = Static<typeof ProjectQuery>

// What OpenAPI says of every answer. Answers are not serialised by these schemas: that would cost, and drop what they forgot.
import type { TSchema } from 'typebox'

const PROBLEM = {
  description: 'Refused; docs/errors.md explains every code.',
  content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
}

/** `response` of a route: one good answer, and problems. */
export const answers = (status: number, schema: TSchema) => ({ [status]: schema, default: PROBLEM })

// What OpenAPI says of every answer. Answers are not serialised by these schemas: that would cost, and drop what they forgot.
import type { TSchema } from 'typebox'
import { documentedHeaders, type AnswerHeader } from './answer-headers.ts'

const PROBLEM = {
  description: 'Refused; docs/errors.md explains every code.',
  content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
}

/** `response` of a route: one good answer, with the headers that say more of it, and problems. */
export const answers = (status: number, schema: TSchema, headers: readonly AnswerHeader[] = []) => ({
  [status]: headers.length === 0 ? schema : { ...schema, headers: documentedHeaders(headers) },
  default: PROBLEM,
})

/** Added to `answers`: a problem that carries these headers, too. */
export const problemWith = (status: number, headers: readonly AnswerHeader[]) => ({
  [status]: { ...PROBLEM, headers: documentedHeaders(headers) },
})

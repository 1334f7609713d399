import { Type } from 'typebox'
import { CODES, type Code } from '../error-codes.ts'

/** Codes that a problem body can carry: all but warnings. */
const PROBLEM_CODES = (Object.keys(CODES) as Code[]).filter((code) => CODES[code].scope !== 'warning')

/** Body of every error: RFC 9457, `application/problem+json`. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ format: 'uri' }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    code: Type.Enum(PROBLEM_CODES),
    detail: Type.String({ description: 'What to do.' }),
    request_id: Type.String(),
    parameter: Type.Optional(Type.String({ description: 'With `parameter_invalid`: which one.' })),
    field: Type.Optional(Type.String({ description: 'Of a refused repair: which field of the event.' })),
    processed_through: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'With `event_not_found`: what was accepted before this has been processed.',
      }),
    ),
  },
  { description: 'RFC 9457. docs/errors.md explains every code.' },
)

// From a query of texts to a question's input, and from its answer to the wire. The questions themselves are elsewhere.
import { FiltersSchema } from '@penstock/contract/schema'
import { formatTimestamp, type Answer, type Filter, type QuestionContext } from '@penstock/pipeline'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { answersAsOf } from './answers-as-of.ts'
import { callerOf } from './http/caller.ts'
import { clientGone } from './http/client-gone.ts'
import { createCheck } from './http/parameter-check.ts'
import { ProblemError, parameterInvalid } from './http/problem.ts'
import type { RouteContext } from './routes/route-context.ts'

const checkFilters = createCheck(FiltersSchema)

/** The question without what is not its business; `filters` parsed. @throws ProblemError 400 `parameter_invalid` */
export function questionInput<Q extends { filters?: string; project?: string }>(
  query: Q,
): Omit<Q, 'filters'> & { filters?: Filter[] } {
  const { filters, ...input } = query
  delete input.project
  return filters === undefined ? input : { ...input, filters: readFilters(filters) }
}

function readFilters(text: string): Filter[] {
  const expected = 'filters must be a JSON list such as [{"property":"name","op":"eq","value":"Home"}]'
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw parameterInvalid('filters', `${expected}.`)
  }
  try {
    // What an operator or a property may be is the question's to say.
    return checkFilters(parsed) as (Static<typeof FiltersSchema>[number] & Filter)[]
  } catch (error) {
    if (error instanceof ProblemError) throw parameterInvalid('filters', `${expected}.`)
    throw error
  }
}

/** Who asks and when. `asOf` is read here, so before the question: whatever the question sees is at least that fresh. */
export async function questionContext(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<QuestionContext> {
  const asOf = await answersAsOf(context, 'cold')
  const { projectId } = callerOf(request)
  return { projectId, now: context.deps.clock(), asOf, signal: clientGone(reply) }
}

/** The common answer. */
export function wireAnswer<Row>(answer: Answer<Row>, context: QuestionContext) {
  return {
    query: answer.query,
    as_of: formatTimestamp(context.asOf),
    timezone: answer.timezone,
    data: answer.data,
    stats: { elapsed_ms: answer.stats.elapsedMs, rows_read: answer.stats.rowsRead },
  }
}

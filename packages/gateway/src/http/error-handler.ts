// Any error that leaves a route becomes one problem here. What we did not foresee is 500 with nothing but the request's id;
// its text goes to the log only.
import { isPipelineError, QuestionInvalidError, type PipelineError } from '@penstock/pipeline'
import type { FastifyError } from 'fastify'
import type { Logger } from '../gateway-options.ts'
import { ProblemError } from './problem.ts'

const SEVERE = new Set(['internal_error'])

/** Never throws; logs what somebody must look at. */
export function problemOf(error: unknown, logger: Logger, requestId: string): ProblemError {
  const problem = translate(error)
  if (SEVERE.has(problem.code))
    logger.error({ event: 'request.failed', requestId, err: error }, 'request failed')
  else if (isPipelineError(error)) {
    logger.warn(
      {
        event: 'store.failed',
        requestId,
        store: error.store,
        kind: error.kind,
        driverCode: error.driverCode,
      },
      error.message,
    )
  }
  return problem
}

function translate(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  if (error instanceof QuestionInvalidError) {
    return new ProblemError('parameter_invalid', error.message, { extra: { parameter: error.parameter } })
  }
  if (isPipelineError(error)) return ofStore(error)
  const { code, statusCode } = (error ?? {}) as Partial<FastifyError>
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new ProblemError('content_type_unsupported', 'The Content-Type header is no media type.')
  }
  if (code === 'FST_ERR_BAD_URL' || code === 'FST_ERR_MAX_PARAM_LENGTH') {
    return new ProblemError(
      'request_malformed',
      'The path is too long or has a percent sign that encodes nothing.',
    )
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new ProblemError('request_malformed', 'The request cannot be understood.')
  }
  return new ProblemError('internal_error', 'This is our mistake. Tell us the request_id.')
}

function ofStore(error: PipelineError): ProblemError {
  if (error.kind === 'overloaded' && error.driverCode === 'timeout') {
    return new ProblemError('query_timeout', 'Ask for a shorter range or fewer periods.')
  }
  if (error.kind === 'overloaded' && error.driverCode === 'memory') {
    return new ProblemError('query_too_large', 'Ask for a shorter range, fewer periods or a filter.')
  }
  switch (error.kind) {
    case 'overloaded':
      return new ProblemError('overloaded', 'Too much is asked for at once; try again.')
    case 'full':
      return new ProblemError('not_durable', 'There is no room to store this now; try again.')
    case 'unavailable':
    case 'outcome_unknown':
    case 'fenced':
      return new ProblemError('store_unavailable', 'A store does not answer now; try again.')
    case 'rejected':
    case 'corrupt':
      return new ProblemError('internal_error', 'This is our mistake. Tell us the request_id.')
  }
}

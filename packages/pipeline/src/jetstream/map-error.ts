// What an error of the NATS client or server means for the data. The only place that knows their classes and codes.
import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import { isPipelineError, PipelineError, type PipelineErrorKind } from '../errors.ts'

/** Codes of the server's JetStream answers that are used by name. */
export const API_CODES = { streamNotFound: 10059, wrongLastSequence: 10071 } as const

const MEANINGS: Readonly<Record<number, PipelineErrorKind>> = {
  10002: 'full', // resource limits exceeded for account
  10023: 'full', // insufficient resources: the server's store is full
  10028: 'full', // insufficient memory resources
  10047: 'full', // insufficient storage resources
  10054: 'rejected', // message size exceeds maximum allowed
  10071: 'rejected', // wrong last sequence: another message stands there
}
/** A message could not be stored; only the text says why. */
const STORE_FAILED = 10077
const FULL_TEXT = /maximum (bytes|messages)|no space left|insufficient/

/**
 * @param sent - whether the request may have been acted on when no answer says otherwise
 */
export function mapNatsError(error: unknown, sent: boolean): PipelineError {
  if (isPipelineError(error)) return error
  if (error instanceof JetStreamApiError) {
    const { err_code: code, description } = error.apiError()
    const full = code === STORE_FAILED && FULL_TEXT.test(description)
    const kind = full
      ? 'full'
      : (MEANINGS[code] ?? (code === STORE_FAILED ? 'outcome_unknown' : 'unavailable'))
    return mapped(kind, `The log's server answered ${code}.`, error, String(code))
  }
  const name = error instanceof Error ? error.name : 'unknown'
  if (isNotThere(error)) return mapped('unavailable', 'JetStream does not answer.', error, 'no_responders')
  if (sent) return mapped('outcome_unknown', `The log's server did not answer (${name}).`, error, name)
  return mapped('unavailable', `The log's server cannot be reached (${name}).`, error, name)
}

/** Nobody listened to the request: nothing happened. */
export function isNotThere(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof errors.NoRespondersError) return true
    if (cause instanceof errors.RequestError && cause.isNoResponders()) return true
  }
  return false
}

/** The server's JetStream code, when the error is one of its answers. */
export const apiCode = (error: unknown): number | undefined =>
  error instanceof JetStreamApiError ? error.apiError().err_code : undefined

const mapped = (
  kind: PipelineErrorKind,
  message: string,
  cause: unknown,
  driverCode: string,
): PipelineError => new PipelineError(kind, 'log', message, { cause, driverCode })

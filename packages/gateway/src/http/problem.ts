// Errors as callers see them: application/problem+json (RFC 9457). One class carries a refusal from anywhere in a route to the
// error handler; nothing else decides statuses. Details say what to do and never repeat what the caller sent.
import { CODES, problemType, type EventCode, type RequestCode } from '@penstock/contract'

export const PROBLEM_TYPE = 'application/problem+json'

export type ProblemCode = RequestCode | EventCode

/** Seconds until a sender should try again when nobody knows better. */
export const DEFAULT_RETRY_AFTER_SECONDS = 1

/** Thrown by routes; answered by the error handler. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly status: number
  readonly extra: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    more: { status?: number; extra?: Record<string, unknown>; headers?: Record<string, string> } = {},
  ) {
    super(detail)
    this.status = more.status ?? problemStatus(code)
    this.extra = more.extra ?? {}
    this.headers = withRetryAfter(this.status, more.headers ?? {})
  }
}

/** A code about one event has no status of its own; as the answer to a whole request (a repair) it is 422. */
export const problemStatus = (code: ProblemCode): number => CODES[code].status || 422

/** Every 503 says when to come back. */
export function withRetryAfter(status: number, headers: Record<string, string>): Record<string, string> {
  if (status !== 503 || 'retry-after' in headers) return headers
  return { ...headers, 'retry-after': String(DEFAULT_RETRY_AFTER_SECONDS) }
}

export interface ProblemParts {
  code: ProblemCode
  detail: string
  /** Default: the code's. */
  status?: number
  extra?: Readonly<Record<string, unknown>>
}

/** The body's text. */
export function problemText(problem: ProblemParts, requestId: string): string {
  const { code, detail, status = problemStatus(code), extra } = problem
  const title = CODES[code].title
  return JSON.stringify({
    type: problemType(code),
    title,
    status,
    code,
    detail,
    request_id: requestId,
    ...extra,
  })
}

export const parameterInvalid = (parameter: string, detail: string): ProblemError =>
  new ProblemError('parameter_invalid', detail, { extra: { parameter } })

// Requests refused as a whole: code, what to do about it, and when to come back.
import { LIMITS, type RequestCode } from '@penstock/contract'
import { isPipelineError } from '@penstock/pipeline'
import type { IngestRefused } from './outcome.ts'

const MIB = 1_048_576
/** A busy moment passes quickly. */
const BUSY_RETRY_SECONDS = 1
/** A log that fails or restarts takes a little longer. */
const FAILED_RETRY_SECONDS = 5
/** Room in a full log comes only as the worker catches up or somebody frees the disk. */
const FULL_RETRY_SECONDS = 30

const DETAILS = {
  content_type_unsupported: 'Send application/json, application/x-ndjson or text/plain.',
  encoding_unsupported: 'Send the body as it is, or compressed with gzip or deflate.',
  body_too_large: `A body may have at most ${LIMITS.maxBodyBytes / MIB} MiB as sent. Send smaller batches.`,
  decoded_body_too_large: `A body may decode to at most ${LIMITS.maxDecodedBodyBytes / MIB} MiB and to at most ${LIMITS.maxCompressionRatio} bytes per byte sent. Send smaller batches.`,
  too_many_events: `A request may hold at most ${LIMITS.maxEventsPerRequest} events. Send smaller batches.`,
  body_not_decodable: 'The body is not what its Content-Encoding says, or it is cut.',
  body_not_utf8: 'The body must be UTF-8.',
  body_not_json: 'The body must be JSON: one event, an array of events, or {"sent_at", "events"}.',
  body_not_events: 'The body must be one event, an array of events, or an object with an array "events".',
  body_empty: 'The body holds no event.',
} as const satisfies Partial<Record<RequestCode, string>>

export function refusedBody(code: keyof typeof DETAILS): IngestRefused {
  const refused: IngestRefused = { kind: 'refused', code, detail: DETAILS[code] }
  if (code === 'encoding_unsupported') refused.headers = { 'Accept-Encoding': 'gzip, deflate' }
  return refused
}

type Refused503 = IngestRefused & { retryAfterSeconds: number }

const later = (code: RequestCode, retryAfterSeconds: number, detail: string): Refused503 => ({
  kind: 'refused',
  code,
  detail,
  retryAfterSeconds,
})

export const tooMuchInFlight = (): Refused503 =>
  later(
    'overloaded',
    BUSY_RETRY_SECONDS,
    'Too many events wait to be stored. Send the same body again later.',
  )

export const shuttingDown = (): Refused503 =>
  later('shutting_down', BUSY_RETRY_SECONDS, 'The server is stopping. Send the same body again.')

/** For an append that failed with `error`: the events may or may not be stored, and sending them again is safe. */
export function notDurable(error: unknown): Refused503 {
  const kind = isPipelineError(error) ? error.kind : 'unavailable'
  if (kind === 'full') {
    return later('overloaded', FULL_RETRY_SECONDS, 'The log is full. Send the same body again later.')
  }
  if (kind === 'overloaded') {
    return later('overloaded', BUSY_RETRY_SECONDS, 'The log is busy. Send the same body again later.')
  }
  return later(
    'not_durable',
    FAILED_RETRY_SECONDS,
    'The events could not be made durable now. Send the same body again: each event counts once.',
  )
}

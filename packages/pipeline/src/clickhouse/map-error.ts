// What a ClickHouse error means for the data. The only place that knows the engine's codes.
// An unknown code is transient: the worker waits and alerts, it never drops. Messages name the code, never the data; the
// engine's own words, which may quote a row, are in `cause`.
import { ClickHouseError } from '@clickhouse/client'
import { PipelineError, isPipelineError, type PipelineErrorKind } from '../errors.ts'

interface Meaning {
  kind: PipelineErrorKind
  driverCode?: 'timeout' | 'memory'
}

const rejected: Meaning = { kind: 'rejected' }
const timeout: Meaning = { kind: 'overloaded', driverCode: 'timeout' }
const tooLarge: Meaning = { kind: 'overloaded', driverCode: 'memory' }
const overloaded: Meaning = { kind: 'overloaded' }
const unavailable: Meaning = { kind: 'unavailable' }
const unknownOutcome: Meaning = { kind: 'outcome_unknown' }

const MEANINGS: Readonly<Record<string, Meaning>> = {
  // The bytes are at fault: bisect.
  6: rejected, // CANNOT_PARSE_TEXT
  26: rejected, // CANNOT_PARSE_QUOTED_STRING
  27: rejected, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  38: rejected, // CANNOT_PARSE_DATE
  41: rejected, // CANNOT_PARSE_DATETIME
  53: rejected, // TYPE_MISMATCH
  72: rejected, // CANNOT_PARSE_NUMBER
  117: rejected, // INCORRECT_DATA
  131: rejected, // TOO_LARGE_STRING_SIZE
  321: rejected, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  349: rejected, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  376: rejected, // CANNOT_PARSE_UUID
  407: rejected, // DECIMAL_OVERFLOW
  469: rejected, // VIOLATED_CONSTRAINT
  // Limits.
  158: tooLarge, // TOO_MANY_ROWS
  159: timeout, // TIMEOUT_EXCEEDED
  160: timeout, // TOO_SLOW
  241: tooLarge, // MEMORY_LIMIT_EXCEEDED
  307: tooLarge, // TOO_MANY_BYTES
  396: tooLarge, // TOO_MANY_ROWS_OR_BYTES
  202: overloaded, // TOO_MANY_SIMULTANEOUS_QUERIES
  252: overloaded, // TOO_MANY_PARTS
  // The way there, or the store itself.
  209: unknownOutcome, // SOCKET_TIMEOUT
  210: unknownOutcome, // NETWORK_ERROR
  319: unknownOutcome, // UNKNOWN_STATUS_OF_INSERT
  394: unknownOutcome, // QUERY_WAS_CANCELLED
  242: unavailable, // TABLE_IS_READ_ONLY
  243: { kind: 'full' }, // NOT_ENOUGH_SPACE
  999: unavailable, // KEEPER_EXCEPTION
  // throwIf: only the writer's fence uses it (insert-statement.ts).
  395: { kind: 'fenced' },
}

// What says for certain that the request never got there.
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Whether the server made the user read-only and lets it choose no setting. Nothing was run. */
export const refusesSettings = (error: unknown): boolean =>
  error instanceof ClickHouseError && error.code === '164' // READONLY

/** Translates whatever a ColdClient throws. A PipelineError stays as it is. */
export function mapColdError(error: unknown): PipelineError {
  if (isPipelineError(error)) return error
  if (error instanceof ClickHouseError) return fromEngine(error)
  const code = codeOf(error)
  if (code !== undefined && NOT_SENT.has(code)) {
    return new PipelineError('unavailable', 'cold', `The cold store cannot be reached (${code}).`, {
      cause: error,
      driverCode: code,
    })
  }
  return new PipelineError('outcome_unknown', 'cold', 'The cold store did not answer.', {
    cause: error,
    ...(code === undefined ? {} : { driverCode: code }),
  })
}

function fromEngine(error: ClickHouseError): PipelineError {
  const meaning = MEANINGS[error.code] ?? unavailable
  const name = error.type === undefined ? error.code : `${error.code} ${error.type}`
  return new PipelineError(meaning.kind, 'cold', `The cold store answered ${name}.`, {
    cause: error,
    driverCode: meaning.driverCode ?? error.code,
  })
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

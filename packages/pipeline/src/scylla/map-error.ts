// What an error of the driver or of a CQL server means for the data. The only place that knows their codes.
// An unknown code is transient: the worker waits and alerts, it never drops. That includes what somebody must put right (a grant, a
// migration that has not run): the same work succeeds afterwards. Messages name the code; the server's own words are in `cause`.
import cassandra from 'cassandra-driver'
import { PipelineError, isPipelineError, type PipelineErrorKind, type StoreName } from '../errors.ts'

const { errors } = cassandra

/** A read that failed changed nothing; of a write nobody knows. */
export type RequestKind = 'read' | 'write'

interface Meaning {
  kind: PipelineErrorKind
  name: string
}

// Native protocol, "Error codes".
const MEANINGS: Readonly<Record<number, Meaning & { whenRead?: PipelineErrorKind }>> = {
  0x0000: { kind: 'outcome_unknown', name: 'server_error', whenRead: 'unavailable' },
  0x0100: { kind: 'unavailable', name: 'bad_credentials' },
  0x1000: { kind: 'unavailable', name: 'unavailable' }, // fewer replicas than the quorum are up: not begun
  0x1001: { kind: 'overloaded', name: 'overloaded' },
  0x1002: { kind: 'unavailable', name: 'bootstrapping' },
  0x1100: { kind: 'outcome_unknown', name: 'write_timeout' },
  0x1200: { kind: 'outcome_unknown', name: 'read_timeout', whenRead: 'unavailable' },
  0x1300: { kind: 'outcome_unknown', name: 'read_failure', whenRead: 'unavailable' },
  0x1500: { kind: 'outcome_unknown', name: 'write_failure' },
  0x1700: { kind: 'outcome_unknown', name: 'cas_write_unknown' },
  0x2000: { kind: 'unavailable', name: 'syntax_error' },
  0x2100: { kind: 'unavailable', name: 'unauthorized' },
  0x2200: { kind: 'unavailable', name: 'invalid' },
  0x4321: { kind: 'overloaded', name: 'rate_limited' }, // ScyllaDB's per-partition rate limit, as a driver that does not ask for its own code sees it
}

/** Translates whatever the driver throws. A PipelineError stays as it is. */
export function mapCqlError(error: unknown, store: StoreName, request: RequestKind): PipelineError {
  if (isPipelineError(error)) return error
  const { kind, name } = meaningOf(error, request)
  return new PipelineError(kind, store, `The CQL store ${sentenceOf(kind)} (${name}).`, {
    cause: error,
    driverCode: name,
  })
}

function meaningOf(error: unknown, request: RequestKind): Meaning {
  if (error instanceof errors.ResponseError) {
    const meaning = MEANINGS[error.code]
    if (meaning === undefined) return { kind: 'unavailable', name: `code_${error.code}` }
    return {
      kind: request === 'read' ? (meaning.whenRead ?? meaning.kind) : meaning.kind,
      name: meaning.name,
    }
  }
  if (error instanceof errors.NoHostAvailableError) return noHost(error, request)
  if (error instanceof errors.BusyConnectionError) return { kind: 'overloaded', name: 'connection_busy' }
  if (error instanceof errors.AuthenticationError) return { kind: 'unavailable', name: 'bad_credentials' }
  const lost: PipelineErrorKind = request === 'read' ? 'unavailable' : 'outcome_unknown'
  if (error instanceof errors.OperationTimedOutError) return { kind: lost, name: 'no_answer' }
  return { kind: lost, name: socketCode(error) ?? 'unknown' }
}

/** No host is left to ask. Whether one of those that were asked had got the request decides. */
function noHost(error: InstanceType<typeof errors.NoHostAvailableError>, request: RequestKind): Meaning {
  const inner = Object.values((error.innerErrors ?? {}) as Record<string, unknown>)
  const meanings = inner
    // Text or null: a host that was down or had not been asked yet.
    .filter((one) => one instanceof Error && !wasNotSent(one))
    .map((one) => meaningOf(one, request))
  const worst =
    meanings.find(({ kind }) => kind === 'outcome_unknown') ??
    meanings.find(({ kind }) => kind === 'overloaded') ??
    meanings[0]
  return worst ?? { kind: 'unavailable', name: 'no_host' }
}

const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

function wasNotSent(error: Error): boolean {
  if ('requestNotWritten' in error && error.requestNotWritten === true) return true
  return NOT_SENT.has(socketCode(error) ?? '')
}

function socketCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

function sentenceOf(kind: PipelineErrorKind): string {
  if (kind === 'outcome_unknown') return 'did not confirm a write'
  return kind === 'overloaded' ? 'has too much to do' : 'cannot do that now'
}

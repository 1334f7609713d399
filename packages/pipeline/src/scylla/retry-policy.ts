// What the driver itself tries again, at once and on few hosts; waiting and trying for long is the worker's. Every statement says
// whether it may be repeated, and what may not (lightweight transactions) is never repeated here: its outcome is asked for instead.
// The driver's own policy gives up on a write time-out even when the write is idempotent; ours does not.
import cassandra from 'cassandra-driver'

const { RetryPolicy } = cassandra.policies.retry
type Info = cassandra.policies.retry.OperationInfo
type Decision = cassandra.policies.retry.DecisionInfo

const MOST_RETRIES = 2

export function createRetryPolicy(): cassandra.policies.retry.RetryPolicy {
  // The driver wants an object with its prototype; the methods are its callbacks.
  const policy = new RetryPolicy()
  const again = (info: Info, sameHost: boolean): Decision =>
    mayRepeat(info)
      ? policy.retryResult(info.executionOptions.getConsistency(), sameHost)
      : policy.rethrowResult()
  policy.onWriteTimeout = (info) => again(info, true)
  policy.onReadTimeout = (info) => again(info, true)
  policy.onUnavailable = (info) => again(info, false)
  policy.onRequestError = (info) => again(info, false)
  return policy
}

const mayRepeat = ({ nbRetry, executionOptions }: Info): boolean =>
  nbRetry < MOST_RETRIES && executionOptions.isIdempotent()

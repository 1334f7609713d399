// One error class for every port. Adapters translate their driver's errors into it, in one place each.

/**
 * What a failed port call means for the data:
 * `unavailable` nothing happened, later may work · `outcome_unknown` it may have happened, repeat it (every write is
 * idempotent) · `rejected` these bytes never work · `overloaded` slow down · `fenced` somebody else holds the partition now ·
 * `full` no room until something is removed · `corrupt` stored data cannot be read: stop, never skip.
 */
export type PipelineErrorKind =
  'unavailable' | 'outcome_unknown' | 'rejected' | 'overloaded' | 'fenced' | 'full' | 'corrupt'

export type StoreName = 'log' | 'state' | 'hot' | 'cold'

const BRAND = Symbol.for('penstock.PipelineError')

export class PipelineError extends Error {
  override readonly name = 'PipelineError'
  readonly [BRAND] = true
  readonly kind: PipelineErrorKind
  readonly store: StoreName
  /** The driver's own code, for logs. */
  readonly driverCode: string | undefined

  constructor(
    kind: PipelineErrorKind,
    store: StoreName,
    message: string,
    options: { cause?: unknown; driverCode?: string } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.kind = kind
    this.store = store
    this.driverCode = options.driverCode
  }

  /** Whether the same call may work later. */
  get retryable(): boolean {
    return this.kind !== 'rejected' && this.kind !== 'fenced' && this.kind !== 'corrupt'
  }
}

export function isPipelineError(value: unknown): value is PipelineError {
  return typeof value === 'object' && value !== null && BRAND in value
}

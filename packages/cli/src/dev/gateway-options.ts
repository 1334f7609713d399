// The gateway's tuning in embedded mode.

/** Of the first project. Longer than anybody's history: an import of old events must not be swept at once. */
export const PROJECT_RETENTION_DAYS = 3650

/** Questions that may run at once; each has a session of the engine, and each session runs one query at a time. */
export const READ_SESSIONS = 2

export const READ_LIMITS = {
  maxExecutionMs: 10_000,
  maxMemoryBytes: 1_073_741_824,
  maxResultRows: 100_000,
} as const

export const GATEWAY_OPTIONS = {
  serve: 'all',
  /** Bodies held in memory at once; above it 503. */
  maxInflightBytes: 67_108_864,
  /** Imports wait while live events are further behind than this. */
  importMaxLagMs: 2000,
  /** One machine, one clock. */
  clockDifferenceMs: 0,
} as const

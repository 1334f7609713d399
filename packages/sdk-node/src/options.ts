// Options of the Node SDK and their defaults.
import { type CommonOptions, type CoreOptions, type OptionTable, commonOptions } from '@penstock/sdk-core'

export interface SpoolOptions {
  /**
   * Root directory, created when missing. Any number of processes may share it: each keeps a locked folder of its own in it
   * and sends what dead ones left. A local disk, please. Required.
   */
  directory: string
  /** Bytes this process may keep on disk; past it events are refused as `queue_full`. Unit: bytes. Bounds: 1 MiB–64 GiB. @defaultValue 268,435,456 */
  maxBytes?: number
  /** True: `ready()` resolves only when the disk has what was tracked (survives power loss, not just `kill -9`). @defaultValue false */
  fsync?: boolean
}

/** Where warnings go. `console` fits. */
export interface Logger {
  warn(message: string): void
}

export interface NodeOptions extends CommonOptions {
  /** Keeps events on disk until they are answered. @defaultValue none: memory only */
  spool?: SpoolOptions
  /** `auto`: gzip, except to this very machine. @defaultValue 'auto' */
  compression?: 'auto' | 'gzip' | 'none'
  /** How long the end of the program waits for what is queued, and the default of `shutdown()`. Unit: ms. Bounds: 0–600,000. @defaultValue 10,000 */
  shutdownTimeoutMs?: number
  /** Adds the host's name to each event's context. @defaultValue false */
  hostname?: boolean
  /** Adds trace and span id while an OpenTelemetry span is active. @defaultValue true */
  traceContext?: boolean
  /** For serverless: is given a promise that settles when what was tracked is delivered. @defaultValue none */
  waitUntil?: (promise: Promise<unknown>) => void
  /** @defaultValue `console.warn`; each kind of warning at most once a minute */
  logger?: Logger
}

export type ResolvedOptions = CoreOptions &
  Pick<NodeOptions, 'writeKey' | 'host' | 'spool' | 'waitUntil' | 'logger'> & {
    readonly compression: 'auto' | 'gzip' | 'none'
    readonly shutdownTimeoutMs: number
    readonly hostname: boolean
    readonly traceContext: boolean
  }

export const NODE_OPTIONS: OptionTable = {
  ...commonOptions({
    flushIntervalMs: 1_000,
    maxBatchEvents: 500,
    maxBatchBytes: 524_288,
    maxQueueBytes: 67_108_864,
    maxInFlight: 4,
    requestTimeoutMs: 10_000,
  }),
  spool: ['object'],
  compression: ['string'],
  shutdownTimeoutMs: ['number', 10_000, 0, 600_000],
  hostname: ['boolean', false],
  traceContext: ['boolean', true],
  waitUntil: ['function'],
}

/**
 * `ready()` waits while the queue holds more than this: what may be on its way, and with usual events as much again, keeps the
 * sockets busy; what waits longer than that is only copied by the garbage collector. While sending fails, callers are let go on
 * until a quarter of the queue is full.
 */
export function readyBytes({ maxQueueBytes, maxInFlight, maxBatchBytes }: ResolvedOptions, fails: boolean) {
  const most = maxQueueBytes / 4
  return fails ? most : Math.min(most, Math.max(LEAST_READY_BYTES, maxInFlight * maxBatchBytes))
}
/** More than the spool holds before it restores the next file, so that callers get their turn while it does. */
const LEAST_READY_BYTES = 2_097_152

/** Of the spool. */
export const DEFAULT_SPOOL_BYTES = 268_435_456
export const MIN_SPOOL_BYTES = 1_048_576
export const MAX_SPOOL_BYTES = 68_719_476_736

// Numbers of the delivery rules that nobody needs to change, and the table of the options both SDKs share.
import type { OptionTable } from './options.ts'

/** Options of both SDKs; `fallbacks` are the SDK's own defaults. */
export const commonOptions = (fallbacks: {
  flushIntervalMs: number
  maxBatchEvents: number
  maxBatchBytes: number
  maxQueueBytes: number
  maxInFlight: number
  requestTimeoutMs: number
}): OptionTable => ({
  enabled: true,
  flushIntervalMs: [fallbacks.flushIntervalMs, 10, 600_000],
  maxBatchEvents: [fallbacks.maxBatchEvents, 1, 2_500],
  maxBatchBytes: [fallbacks.maxBatchBytes, 1_024, 1_000_000],
  maxQueueBytes: [fallbacks.maxQueueBytes, 65_536, 1_073_741_824],
  maxInFlight: [fallbacks.maxInFlight, 1, 16],
  requestTimeoutMs: [fallbacks.requestTimeoutMs, 100, 120_000],
  beforeSend: 'function',
  onError: 'function',
  onDrop: 'function',
})

/** Waits between attempts: a random part of base × 2^n, at most the cap. */
export const BACKOFF_BASE_MS = 1_000
export const BACKOFF_CAP_MS = 30_000
/** A server that asks for more waiting than this gets this. */
export const RETRY_AFTER_CAP_MS = 3_600_000
/** After 401 or 403. */
export const KEY_PAUSE_MS = 300_000
/** Answers 500 to one batch, while others pass, until it is split. */
export const SPLIT_AFTER = 5
/** Answers 500 to one single event, while others pass, until it is dropped. */
export const DROP_AFTER = 10
/** Batches that wait for another attempt while fresh ones are tried; bounds the memory of frozen batches. */
export const MAX_SET_ASIDE = 16

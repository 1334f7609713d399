// Numbers of the delivery rules that nobody needs to change.

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
/** What answers 413 make of `maxBatchBytes` at last. */
export const MIN_BATCH_BYTES = 1_024

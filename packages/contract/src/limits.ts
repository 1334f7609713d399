// Limits that the SDKs apply to an event themselves. One by one, because a bundler leaves out a constant that a page does not
// use, but not a property of an object.
export const MAX_EVENT_BYTES = 32_768
export const MAX_DEPTH = 16
export const MAX_KEYS_PER_OBJECT = 255
export const MAX_KEY_BYTES = 128
export const MAX_ID_CHARS = 255

/** Every limit of the wire, published in OpenAPI. Bytes are UTF-8 bytes; characters are Unicode code points. */
export const LIMITS = {
  /** Request body as sent. */
  maxBodyBytes: 1_048_576,
  /** Request body after decompression. */
  maxDecodedBodyBytes: 4_194_304,
  /** Decoded bytes per sent byte. */
  maxCompressionRatio: 100,
  maxEventsPerRequest: 2_500,
  /** One event's own JSON. */
  maxEventBytes: MAX_EVENT_BYTES,
  /** The event itself is depth 1. */
  maxDepth: MAX_DEPTH,
  maxKeysPerObject: MAX_KEYS_PER_OBJECT,
  maxKeyBytes: MAX_KEY_BYTES,
  maxEventNameChars: 200,
  maxPageNameChars: 200,
  maxIdChars: MAX_ID_CHARS,
  maxSessionIdChars: 128,
  maxWarnings: 100,
  /** Oldest event time against now, ingest route. */
  maxEventAgeMs: 30 * 86_400_000,
  /** Event time ahead of now, every route. */
  maxEventFutureMs: 3_600_000,
  /** A body's `sent_at` further off than this means the client's clock is wrong. */
  clockToleranceMs: 600_000,
  /** Time for a request's headers and for its body. */
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 15_000,
  /** Open dead letters a project may have. */
  maxOpenDeadLetters: 100_000,
} as const

/** Copies of one event that arrive inside this window are recognised. */
export const REGISTRY_WINDOW_MS = 3_024_000_000 // 35 days

/** A message of the log holds at most this many events and bytes (one group commit). */
export const CHUNK_LIMITS = { maxEvents: 500, maxBytes: 524_288 } as const

/** Ids that are a programming mistake, compared in lower case after trimming. */
export const ILLEGAL_IDS: ReadonlySet<string> = new Set([
  '',
  'null',
  'undefined',
  'none',
  'nan',
  'true',
  'false',
  '0',
  '[object object]',
])

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
  maxEventBytes: 32_768,
  /** The event itself is depth 1. */
  maxDepth: 16,
  maxKeysPerObject: 255,
  maxKeyBytes: 128,
  maxEventNameChars: 200,
  maxPageNameChars: 200,
  maxIdChars: 255,
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
export const REGISTRY_WINDOW_MS = 35 * 86_400_000

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

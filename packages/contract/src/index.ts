export {
  ACTIVE_TYPES,
  EVENT_FIELDS,
  EVENT_TYPES,
  PAGE_EVENT_NAME,
  SCREEN_EVENT_NAME,
  eventName,
} from './event.ts'
export type { EventType, JsonObject, JsonValue, WireEvent } from './event.ts'
export {
  CHUNK_LIMITS,
  ILLEGAL_IDS,
  LIMITS,
  MAX_DEPTH,
  MAX_EVENT_BYTES,
  MAX_ID_CHARS,
  MAX_KEYS_PER_OBJECT,
  MAX_KEY_BYTES,
  REGISTRY_WINDOW_MS,
} from './limits.ts'
export { CODES, DEAD_LETTER_REASONS, problemType } from './error-codes.ts'
export type { Code, CodeEntry, DeadLetterReason, EventCode, RequestCode, WarningCode } from './error-codes.ts'
export type {
  EventWarning,
  IngestResponse,
  Problem,
  Receipt,
  ReceiptState,
  RejectedEvent,
  StoredEvent,
} from './responses.ts'
export { formatUuid, packUuid, parseUuid, uuidTimeMs } from './uuid.ts'

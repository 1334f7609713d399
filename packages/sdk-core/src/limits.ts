// The limits of the wire that an SDK looks at, as plain numbers: the contract's table would put all of it into a page's bundle.
// limits.test.ts holds them equal.

/** One event's own JSON, UTF-8. */
export const MAX_EVENT_BYTES = 32_768
/** The event itself is depth 1. */
export const MAX_DEPTH = 16
export const MAX_KEYS = 255
export const MAX_KEY_BYTES = 128

// Everything the core knows of the world. Each SDK supplies one Platform; the core has no `window`, `process` or `node:`.
// Ports never throw into the core on purpose, but the core survives when they do.
import type { FlushResult } from './event.ts'
import type { WarningCode } from './warnings.ts'

/** Stops a timer; harmless when it ran or was stopped before. */
export type Cancel = () => void

export interface Clock {
  /** Wall clock, ms since 1970: goes into events. May jump. */
  now(): number
  /** Milliseconds since some moment; never goes back. Every wait is measured with it. */
  elapsed(): number
  /** Runs `callback` once after `delayMs`, never in the same tick. Must not keep a process alive. */
  setTimer(callback: () => void, delayMs: number): Cancel
  /** Runs `callback` soon, after the current synchronous work of the caller. */
  defer(callback: () => void): void
}

/** A batch as it goes over the wire, made once and kept for every retry. */
export interface Payload {
  readonly body: string | Uint8Array
  /** The transport's own mark, such as `gzip`; the core never looks at it. */
  readonly encoding?: string
}

export interface Attempt {
  /** What to put behind `?`: `sent_at=…` and, when there is a loss to report, `dropped=…` and `retried=…`. Encoded already. */
  readonly query: string
  /** The whole exchange, answer's body included, may take this long; later is `status: 0`. Unit: ms. */
  readonly timeoutMs: number
}

export interface Answer {
  /** HTTP status; 0 when there was no whole answer (network, time-out, answer cut off). A refused redirect is its 3xx. */
  readonly status: number
  /** The body's text, when there is one. */
  readonly body?: string | undefined
  /** The `Retry-After` header as it came. */
  readonly retryAfter?: string | null | undefined
  /** Why there was no answer. */
  readonly cause?: unknown
}

export interface Transport {
  /** Called once per batch: the JSON array of its events. */
  encode(events: readonly StoredEvent[]): Payload | Promise<Payload>
  /** One attempt. Resolves with what came back; a rejection counts as `status: 0`. Never retries and never follows redirects. */
  send(payload: Payload, attempt: Attempt): Promise<Answer>
}

/** One event, captured: its JSON text never changes again. */
export interface StoredEvent {
  /** Its `event_id`. */
  readonly id: string
  readonly text: string
  /** UTF-8 bytes of `text`. */
  readonly bytes: number
  /** Free for the store: where it keeps this event. */
  ref?: unknown
}

/** What survives the process or the page. Absent: events live in memory only. A store handles its own failures. */
export interface Store {
  /**
   * Called once per new event, inside the caller's `track()`: be quick. False: no room, the event is refused as `queue_full`.
   * Never called for events that came by `restore`.
   */
  append(event: StoredEvent): boolean
  /** Resolves (or returns nothing) when everything appended so far is written. Awaited before each batch is sent. Never rejects. */
  flush(): void | Promise<void>
  /** These were answered or dropped: they must not come back. */
  remove(events: readonly StoredEvent[]): void
  /** There is room again: a store with more events than memory may `restore` some. Called after batches are settled. */
  onRoom?(freeBytes: number): void
  /** Whether this event survives the process. Read by `shutdown`: what survives is not dropped. */
  survives(event: StoredEvent): boolean
}

export interface Lifecycle {
  /**
   * Calls back when the program is about to end by itself (`beforeExit`) or the page is hidden: the core sends what it has.
   * The platform may keep the program alive until the promise settles; it never rejects.
   * @param send `timeoutMs` default: `requestTimeoutMs`
   */
  onExit(send: (timeoutMs?: number) => Promise<FlushResult>): Cancel
}

export interface Ids {
  /** Fills with random bytes good enough for identities (`crypto.getRandomValues`). */
  fill(bytes: Uint8Array): void
  /** From 0 to 1, for the jitter of waits. @defaultValue Math.random */
  readonly random?: () => number
}

/** Told of oddities by code; `describeWarning` has the sentences. Silent is a fine implementation. */
export interface Warner {
  warn(code: WarningCode, detail?: string): void
}

export interface Platform {
  readonly clock: Clock
  readonly transport: Transport
  readonly lifecycle: Lifecycle
  readonly ids: Ids
  readonly logger: Warner
  readonly store?: Store | undefined
  /** Bytes of a text in UTF-8. */
  readonly byteLength: (text: string) => number
}

// Everything the core knows of the world. Each SDK supplies one Platform; the core has no `window`, `process` or `node:`. What
// one of the two only needs for speed (a pool of ids, a fast way to JSON) stands in that SDK, so that the other does not carry it.
// Ports never throw into the core on purpose, but the core survives when they do.
import type { Outcome, WrittenEvent } from './event.ts'
import type { WarningCode } from './warnings.ts'

/** Stops a timer; harmless when it ran or was stopped before. */
export type Cancel = () => void

export interface Clock {
  /** Wall clock, ms since 1970: goes into events. May jump. */
  now(): number
  /** Such a moment as RFC 3339 text. */
  timeText(ms: number): string
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
  pack(events: readonly StoredEvent[]): Payload | Promise<Payload>
  /**
   * One attempt. Resolves with what came back; a rejection counts as `status: 0`. Never retries and never follows redirects.
   * The whole exchange, answer's body included, may take `requestTimeoutMs`; later is `status: 0`.
   * @param isLast The page may be going: the request is to begin at once and to outlive it.
   * @param query What to put behind `?`: `sent_at=…` and, when there is a loss to report, `dropped=…` and `retried=…`. Encoded already.
   */
  send(payload: Payload, query: string, isLast?: boolean): Promise<Answer>
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
  /** These were answered or dropped, all for one reason: they must not come back. */
  remove(events: readonly StoredEvent[], outcome: Outcome): void
  /** Whether this event survives the process. Read by `shutdown`: what survives is not dropped. */
  survives(event: StoredEvent): boolean
}

/** Told of oddities by code; `describeWarning` has the sentences. Silent is a fine implementation. */
export interface Warner {
  warn(code: WarningCode, detail?: string): void
}

export interface Platform {
  readonly clock: Clock
  readonly transport: Transport
  readonly logger: Warner
  readonly store?: Store | undefined
  /** A UUIDv7 of this moment; ids of one millisecond keep the order of the calls. */
  readonly newId: (nowMs: number) => string
  /** From 0 to 1, for the jitter of waits. */
  readonly jitter: () => number
  /**
   * An event as JSON, `context` its last field; `createSafeJson` does it for whatever the caller made of the values. The object
   * is the core's own and may be changed. Null: too large; undefined: JSON has no text for it.
   */
  readonly toJson: (event: WrittenEvent) => string | null | undefined
  /** Bytes of a text in UTF-8. */
  readonly byteLength: (text: string) => number
  /** Events were settled or a pause began: there may be room again. */
  readonly onProgress?: () => void
}

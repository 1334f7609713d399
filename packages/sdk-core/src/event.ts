// An event on its way to the wire, and what callers learn about events.
import type { EventType, WireEvent } from '@penstock/contract'

/** An object of the caller; what JSON cannot carry is changed or left out when the event is captured. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- an interface has no index signature: it fits `any`, not `unknown`
export type Values = Readonly<Record<string, any>>

/**
 * An event as the two SDKs hand it to the core, in wire names; the core owns it from then on. `event_id` and `timestamp` are
 * filled in when they are undefined; name them in this order, so that the id comes first in the event's text. Ids and names are
 * texts (`asText`).
 */
export interface Draft {
  event_id?: string | undefined
  type: EventType
  event?: string | undefined
  name?: string | undefined
  timestamp?: string | Date | undefined
  user_id?: string | undefined
  anonymous_id?: string | undefined
  previous_id?: string | undefined
  group_id?: string | undefined
  session_id?: string | undefined
  seq?: number | undefined
  properties?: Values | undefined
  traits?: Values | undefined
  context?: Values | undefined
}

/** What is written as JSON: a finished draft, or what `beforeSend` made of it. */
export type WrittenEvent = Pick<Draft, 'type' | 'context'> & { event_id: string }

/** Ids and names are texts, whatever the caller made of them. */
export function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return
  try {
    // eslint-disable-next-line @typescript-eslint/no-base-to-string -- an object that has no better text
    return String(value)
  } catch {
    return '[object Object]' // which the server refuses as `id_illegal`, and says so
  }
}

/** Why an event will never arrive. */
export type DropReason =
  /** No room: the newest are refused. */
  | 'queue_full'
  /** Over 32 KiB, or alone in a batch that was too large. */
  | 'too_large'
  /** The server refused it; `code` says why. */
  | 'refused'
  /** Its answer was 500 ten times while others passed. */
  | 'attempts_exhausted'
  /** Nobody consented, or the SDK is not enabled. */
  | 'consent'
  /** `beforeSend` returned null or threw. */
  | 'before_send'
  /** Tracked after, or unsent at the end of, `shutdown()`. */
  | 'shutdown'

/** What became of events. */
export type Outcome = 'delivered' | DropReason

/** A dropped event as it would have been sent. */
export type DroppedEvent = WireEvent & {
  /** The server's code, or the problem's, when it refused the event. */
  readonly code?: string | undefined
}

/** What went wrong outside the caller's own code. */
export class PenstockError extends Error {
  // Declared, not initialised: a field costs a page more bytes than an assignment.
  declare readonly name: 'PenstockError'
  /** HTTP status, 0 when there was no answer. */
  declare readonly status: number
  /** The server's problem code, `network` without an answer, else `http_<status>`. Match on this. */
  declare readonly code: string

  constructor(code: string, status: number, options?: { cause?: unknown }) {
    super(`${code} (${status})`, options)
    this.name = 'PenstockError'
    this.code = code
    this.status = status
  }
}

export type Dropped = Partial<Record<DropReason, number>>

/** Numbers since the start. Always: tracked = delivered + queued + sum of dropped. */
export interface Stats {
  /** Calls, and events found from an earlier run. */
  readonly tracked: number
  /** Of these, found from an earlier run, another tab or a dead process. */
  readonly restored: number
  /** Accepted by the server, durably. */
  readonly delivered: number
  /** Waiting or under way. */
  readonly queued: number
  readonly queuedBytes: number
  readonly dropped: Dropped
  /** Requests that repeated a batch. */
  readonly retried: number
}

/** What a `flush()` achieved, counted from its start. */
export interface FlushResult {
  readonly delivered: number
  readonly dropped: Dropped
  /** Still in the queue: the server could not be reached, or time ran out. */
  readonly remaining: number
}

export interface ShutdownReport extends FlushResult {
  /** Of `remaining`: kept on disk, the next start sends them. The others are dropped as `shutdown`. */
  readonly kept: number
  /** Of `remaining`: sent, but no answer came in time; they may have arrived. */
  readonly inDoubt: number
}

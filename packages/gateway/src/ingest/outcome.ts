// What the ingest core is asked and what it answers, without a word of HTTP plumbing. The app turns outcomes into
// responses and metrics; nothing here throws for bad input.
import type { EventCode, EventType, RequestCode } from '@penstock/contract'

/** One request whose body has arrived completely. */
export interface IngestRequest {
  requestId: string
  projectId: string
  /** `import` takes any time since 1970 and corrects no clocks. */
  road: 'ingest' | 'import'
  contentType: string | undefined
  contentEncoding: string | undefined
  /** When it was sent, said beside the body; ms since 1970. The body's own `sent_at` counts instead. */
  sentAt?: number
  /** As sent, still compressed. Kept until the outcome resolves: do not write to it. */
  body: Buffer
}

/** The body was readable: each of its events was taken or refused. */
export interface IngestAnswered {
  kind: 'answered'
  /** 422 when every event was refused. */
  status: 202 | 422
  /** JSON text of an `IngestResponse`. */
  body: string
  /** Events in the body. */
  received: number
  accepted: number
  /** Do not change it: requests without accepted events share one. */
  acceptedByType: Readonly<Record<EventType, number>>
  rejectedByCode: ReadonlyMap<EventCode, number>
}

/** The whole request was refused; none of it needs to be durable. Sending it again is always safe. */
export interface IngestRefused {
  kind: 'refused'
  code: RequestCode
  detail: string
  /** Unit: seconds. Given with every 503. */
  retryAfterSeconds?: number
  headers?: Record<string, string>
}

export type IngestOutcome = IngestAnswered | IngestRefused

/** One event to be sent through the same road again. */
export interface ReplayInput {
  projectId: string
  bytes: Uint8Array
  /** Kept from the first time; ms since 1970. */
  receivedAt: number
  /** Given: kept, without a window check. Absent: worked out anew from the bytes against `receivedAt`. */
  eventTime?: number
}

export type ReplayOutcome =
  | { kind: 'appended' }
  | {
      kind: 'refused'
      code: EventCode | RequestCode
      detail: string
      field?: string
      retryAfterSeconds?: number
    }

/** Concurrent calls are allowed everywhere. */
export interface Ingest {
  /** Resolves when every accepted event is durable, or the request is refused. Never rejects for bad input or a failing log. */
  ingest(request: IngestRequest): Promise<IngestOutcome>
  /** Checks one event and appends it with road `replay`. Not idempotent by itself: the worker recognises copies. */
  replay(input: ReplayInput): Promise<ReplayOutcome>
  /** Bytes of requests that wait for durability. Bound: `maxInflightBytes`. */
  queueBytes(): number
  /** Resolves when nothing is in flight; requests that come later are refused with `shutting_down`. */
  drain(): Promise<void>
}

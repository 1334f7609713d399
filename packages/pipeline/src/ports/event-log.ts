// The log: accepted events in order, per partition, durable before anybody says 202. A chunk is opaque here.

/** Where a message stands. Sequences start at 1, rise by any step ≥ 1 and are never reused, also after a crash or a purge. */
export interface Appended {
  seq: number
  /** The log's own clock, ms since 1970; never falls from one message of a partition to the next. */
  logTime: number
}

export interface LogMessage extends Appended {
  chunk: Uint8Array
}

/** What was seen at the end of a partition. Everything appended durably before `observedAt` has a sequence ≤ `lastSeq`. */
export interface LogEnd {
  lastSeq: number
  /** The log's clock, comparable with `logTime`. */
  observedAt: number
}

export interface ReadLimits {
  /** At least one message is returned when there is one, whatever its size. */
  maxBytes: number
  maxMessages: number
}

export interface LogUsage {
  bytes: number
  /** Appends are refused with `full` above this. */
  capBytes: number
}

/**
 * Concurrent calls are allowed everywhere. The caller closes it.
 */
export interface EventLog {
  /** Stored with the log when it was made; opening with another number throws `rejected`. */
  readonly partitions: number
  /**
   * Appends one chunk and resolves once it is durable (synced). Calls to one partition made one after another keep their order.
   * Not idempotent. Throws `full` at the byte cap or when the disk is full (nothing was stored), `outcome_unknown`, `unavailable`.
   */
  append(partition: number, chunk: Uint8Array): Promise<Appended>
  /** Durable messages after `afterSeq`, in order. Throws `corrupt` when one cannot be read. */
  read(partition: number, afterSeq: number, limits: ReadLimits): Promise<LogMessage[]>
  /** Resolves when a message after `afterSeq` may be there, after `timeoutMs`, or when `signal` aborts; never rejects. */
  wait(partition: number, afterSeq: number, timeoutMs: number, signal?: AbortSignal): Promise<void>
  end(partition: number): Promise<LogEnd>
  /** Log time of the first message after `afterSeq`, or null when there is none. */
  timeAfter(partition: number, afterSeq: number): Promise<number | null>
  /** Removes messages up to `throughSeq`. Idempotent. */
  purge(partition: number, throughSeq: number): Promise<void>
  usage(): Promise<LogUsage>
  close(): Promise<void>
}

// What the worker writes: one state row per partition, the registry, hot rows and dead letters. In an embedded store one
// transaction; in a distributed one ordered so that a crash between two writes is repaired by doing the same work again:
// dead letters, registry, hot rows, and only when all are durable the state row.
import type { DeadLetterReason, WireEvent } from '@penstock/contract'
import type { Identity, Position } from './identity.ts'

/** Totals of one partition since its log was made. Totals, not increments: they can be set twice. */
export interface Totals {
  /** Positions processed. */
  events: number
  /** Accepted as new. */
  stored: number
  duplicates: number
  deadLetters: number
}

/** An insert that may or may not have happened. Durable before it is acted on. */
export interface ColdPlan {
  /** Messages after `fromSeq` up to `toSeq`. */
  fromSeq: number
  toSeq: number
  /** `[A-Za-z0-9_-]`; the `batch` of every row. */
  token: string
}

export interface StateRow {
  partition: number
  /** Raised by every `acquire` and every `take` of a lease; a change under an older one is refused. */
  epoch: number
  hotThrough: number
  hotTotals: Totals
  coldPlan: ColdPlan | null
  coldThrough: number
  /** `stored` counts rows in the cold store; `deadLetters` those that it refused. */
  coldTotals: Totals
}

export type StateChange = Partial<
  Pick<StateRow, 'hotThrough' | 'hotTotals' | 'coldPlan' | 'coldThrough' | 'coldTotals'>
>

export type RegistryState = 'live' | 'dead' | 'erased'

export interface RegistryEntry {
  owner: Position
  /** 16 bytes: hash of the event's bytes as sent. */
  hash: Uint8Array
  state: RegistryState
}

/** A link between an anonymous id and a user, as one event states it. */
export interface LinkFact {
  projectId: string
  anonymousId: string
  userId: string
  eventTime: number
  eventId: Uint8Array
}

/** One accepted event on its way to the stores. `event` holds the contract's fields only, repaired, `null`s removed. */
export interface AcceptedEvent extends Identity {
  position: Position
  hash: Uint8Array
  logTime: number
  receivedAt: number
  eventTime: number
  /** As sent. */
  bytes: Uint8Array
  event: WireEvent
}

/** A dead letter about to be written. The same letter again raises `attempts`, is open again, and adds nothing else. */
export interface NewDeadLetter extends Identity {
  /** Hash of project, event id, parsed content and reason; hex. */
  id: string
  reason: DeadLetterReason
  /** The error's text, clipped. */
  detail: string
  position: Position
  receivedAt: number
  eventTime: number
  deadAt: number
  /** Original bytes. */
  body: Uint8Array
}

/** Steps 4 and 5 of the hot stage. */
export interface HotCommit {
  partition: number
  epoch: number
  accepted: readonly AcceptedEvent[]
  letters: readonly NewDeadLetter[]
  change: StateChange
}

/** Step 9 of the cold stage: rows that the cold store refuses. */
export interface Refusal {
  partition: number
  epoch: number
  /** Their identities become `dead` in the registry (kept, with owner and hash) and their hot rows are removed. */
  refused: readonly { event: AcceptedEvent; letter: NewDeadLetter }[]
}

/**
 * Writes are durable when their promise resolves, and idempotent. One caller per partition; reads may be concurrent.
 */
export interface WorkerState {
  /**
   * Takes the partition from whoever has it: raises its epoch, ends its lease and returns its row (a zero row the first time). For
   * a process that is known to be the only one; workers side by side use `PartitionLeases.take`.
   */
  acquire(partition: number): Promise<StateRow>
  /** The row as it stands, or null before the first `acquire`. */
  read(partition: number): Promise<StateRow | null>
  /** Entries of the identities, in their order; null for unknown ones. */
  lookup(identities: readonly Identity[]): Promise<(RegistryEntry | null)[]>
  /** Throws `fenced` when `epoch` is not the row's, and then nothing was changed. Returns how many letters were new. */
  commitHot(commit: HotCommit): Promise<{ newLetters: number }>
  /** Throws `fenced`. */
  refuse(refusal: Refusal): Promise<{ newLetters: number }>
  /** Throws `fenced`. */
  change(partition: number, epoch: number, change: StateChange): Promise<void>
}

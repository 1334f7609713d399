// Dead letters as the admin sees them. They are written through WorkerState, in the same step as what made them.
import type { DeadLetterReason } from '@penstock/contract'
import type { Identity, Position } from './identity.ts'

export type DeadLetterState = 'open' | 'replayed' | 'discarded'

export interface DeadLetter extends Identity {
  id: string
  reason: DeadLetterReason
  detail: string
  /** Of the first attempt. */
  position: Position
  /** Of the last attempt that was counted: one at or before it changes nothing. */
  lastPosition: Position
  receivedAt: number
  eventTime: number
  deadAt: number
  attempts: number
  state: DeadLetterState
  /** Original bytes. Null when the store has taken them away since the letter was settled, or is about to put them again. */
  body: Uint8Array | null
}

export interface DeadLetterFilter {
  reason?: DeadLetterReason
  state?: DeadLetterState
  /** `dead_at` not before this, ms. */
  since?: number
}

/** May be called concurrently with everything else. */
export interface DeadLetters {
  /**
   * Newest first (`dead_at`, then id). `cursor` is what the call before returned; callers carry it over HTTP, so it may be anything.
   * Rejects with QuestionInvalidError naming `cursor` when no list can have returned it.
   */
  list(
    projectId: string,
    filter: DeadLetterFilter,
    page: { limit: number; cursor?: string },
  ): Promise<{ letters: DeadLetter[]; nextCursor: string | null }>
  get(projectId: string, id: string): Promise<DeadLetter | null>
  /** The letter of this identity with the latest `dead_at`. */
  latestOf(identity: Identity): Promise<DeadLetter | null>
  /** Open letters of the project. */
  countOpen(projectId: string): Promise<number>
  summary(projectId: string): Promise<{ reason: DeadLetterReason; state: DeadLetterState; count: number }[]>
  /**
   * Moves an open letter on, if it is still open and has had no attempt since it was read. Returns whether it did. Of a letter that
   * is settled already it takes away what may be left of the body.
   */
  settle(projectId: string, id: string, attempts: number, state: 'replayed' | 'discarded'): Promise<boolean>
}

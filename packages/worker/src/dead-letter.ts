// Makes dead letters. The id is a hash of what the letter is about, so the same letter again is the same letter: replaying twice,
// or a client that resends the loser for ever, adds nothing.
import { createHash } from 'node:crypto'
import { formatUuid, type DeadLetterReason } from '@penstock/contract'
import type { NewDeadLetter, Position } from '@penstock/pipeline'

const MAX_DETAIL_CHARS = 500

export interface LetterSubject {
  projectId: string
  eventId: Uint8Array
  position: Position
  receivedAt: number
  eventTime: number
  bytes: Uint8Array
}

export interface LetterCause {
  reason: DeadLetterReason
  /** Canonical text of the event's content. */
  content: string
  detail: string
  deadAt: number
}

export function deadLetter(subject: LetterSubject, cause: LetterCause): NewDeadLetter {
  const { projectId, eventId, position, receivedAt, eventTime } = subject
  return {
    id: letterId(projectId, eventId, cause),
    projectId,
    eventId,
    reason: cause.reason,
    detail: cause.detail.slice(0, MAX_DETAIL_CHARS).toWellFormed(),
    position,
    receivedAt,
    eventTime,
    deadAt: cause.deadAt,
    body: subject.bytes,
  }
}

function letterId(projectId: string, eventId: Uint8Array, cause: LetterCause): string {
  const contentHash = createHash('sha256').update(cause.content).digest('hex')
  return createHash('sha256')
    .update(`${projectId}\n${formatUuid(eventId)}\n${contentHash}\n${cause.reason}`)
    .digest('hex')
    .slice(0, 32)
}

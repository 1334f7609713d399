// A dead letter as it stands in the store.
import type { DeadLetterReason } from '@penstock/contract'
import type { DeadLetter, DeadLetterState, NewDeadLetter, Position } from '@penstock/pipeline'
import { decodeRecord, encodeRecord } from './json-record.ts'

/** A letter with the position of its last attempt: an attempt at or before it has been counted. */
export interface StoredLetter extends DeadLetter {
  lastPosition: Position
}

type Head = Omit<StoredLetter, 'body' | 'eventId'> & { eventId: string }

export const firstLetter = (letter: NewDeadLetter): StoredLetter => ({
  ...letter,
  attempts: 1,
  state: 'open',
  lastPosition: letter.position,
})

export function encodeLetter({ body, eventId, ...head }: StoredLetter): Buffer {
  return encodeRecord({ ...head, eventId: Buffer.from(eventId).toString('hex') } satisfies Head, body)
}

export function decodeLetter(bytes: Uint8Array): StoredLetter {
  const { value, body } = decodeRecord<Head>(bytes)
  return { ...value, eventId: Buffer.from(value.eventId, 'hex'), body }
}

/** What the list shows: everything but what is ours. */
export function publicLetter(stored: StoredLetter): DeadLetter {
  const letter: DeadLetter & Partial<StoredLetter> = { ...stored }
  delete letter.lastPosition
  return letter
}

/** The value of an entry of the index by time: enough to filter without reading the letter. */
export interface LetterIndexEntry {
  id: string
  reason: DeadLetterReason
  state: DeadLetterState
}

export const encodeIndexEntry = ({ id, reason, state }: LetterIndexEntry): Buffer =>
  encodeRecord({ id, reason, state })

export const decodeIndexEntry = (bytes: Uint8Array): LetterIndexEntry =>
  decodeRecord<LetterIndexEntry>(bytes).value

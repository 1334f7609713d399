// A dead letter as it stands in the store.
import type { DeadLetterReason } from '@penstock/contract'
import type { DeadLetter, DeadLetterState, NewDeadLetter } from '@penstock/pipeline'
import { decodeRecord, encodeRecord } from './json-record.ts'

/** Bodies stay with the letters here. */
export type StoredLetter = DeadLetter & { body: Uint8Array }

type Head = Omit<DeadLetter, 'body' | 'eventId'> & { eventId: string }

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

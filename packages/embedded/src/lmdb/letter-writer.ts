// Writes dead letters with their indexes and counters. Inside a write transaction only: letter, indexes and counters change
// together or not at all.
import {
  samePosition,
  type DeadLetter,
  type DeadLetterState,
  type NewDeadLetter,
  type Position,
} from '@penstock/pipeline'
import { decodeRecord, encodeRecord } from './json-record.ts'
import { eventKey, letterCountKey, letterKey, letterTimeKey } from './keys.ts'
import {
  decodeLetter,
  encodeIndexEntry,
  encodeLetter,
  firstLetter,
  type StoredLetter,
} from './letter-record.ts'
import type { StateTables } from './state-environment.ts'

interface Latest {
  id: string
  deadAt: number
}

/**
 * Adds the letter, or counts one more attempt of it and opens it again. An attempt that has been counted changes nothing, so
 * that the same commit may be done twice. Returns whether the letter is new.
 */
export function putLetter(tables: StateTables, letter: NewDeadLetter): boolean {
  const found = tables.letters.get(letterKey(letter.projectId, letter.id))
  if (found === undefined) {
    writeLetter(tables, firstLetter(letter))
    count(tables, letter, 'open', 1)
    putLatest(tables, letter)
    return true
  }
  const held = decodeLetter(found)
  if (isCounted(letter.position, held.lastPosition)) return false
  moveLetter(tables, held, { state: 'open', attempts: held.attempts + 1, lastPosition: letter.position })
  return false
}

/** Changes a stored letter and what is counted of it. */
export function moveLetter(
  tables: StateTables,
  held: StoredLetter,
  change: Partial<Pick<DeadLetter, 'state' | 'attempts' | 'lastPosition'>>,
): void {
  const moved = { ...held, ...change }
  writeLetter(tables, moved)
  if (moved.state === held.state) return
  count(tables, held, held.state, -1)
  count(tables, moved, moved.state, 1)
}

export const readCount = (bytes: Uint8Array | undefined): number =>
  bytes === undefined ? 0 : decodeRecord<number>(bytes).value

export const readLatest = (bytes: Uint8Array): Latest => decodeRecord<Latest>(bytes).value

function writeLetter({ letters, letterTimes }: StateTables, letter: StoredLetter): void {
  letters.putSync(letterKey(letter.projectId, letter.id), encodeLetter(letter))
  letterTimes.putSync(letterTimeKey(letter.projectId, letter.deadAt, letter.id), encodeIndexEntry(letter))
}

function putLatest({ letterLatest }: StateTables, letter: NewDeadLetter): void {
  const key = eventKey(letter)
  const found = letterLatest.get(key)
  const held = found === undefined ? null : readLatest(found)
  // Equal times: the greater id, as in the list.
  const later =
    held === null || letter.deadAt > held.deadAt || (letter.deadAt === held.deadAt && letter.id > held.id)
  if (later)
    letterLatest.putSync(key, encodeRecord({ id: letter.id, deadAt: letter.deadAt } satisfies Latest))
}

function count(
  { letterCounts }: StateTables,
  { projectId, reason }: Pick<DeadLetter, 'projectId' | 'reason'>,
  state: DeadLetterState,
  step: 1 | -1,
): void {
  const key = letterCountKey(projectId, reason, state)
  letterCounts.putSync(key, encodeRecord(readCount(letterCounts.get(key)) + step))
}

/** Copies of one identity meet in one partition, so their positions have an order. */
function isCounted(position: Position, last: Position): boolean {
  if (samePosition(position, last)) return true
  if (position.partition !== last.partition) return false
  return position.seq < last.seq || (position.seq === last.seq && position.idx < last.idx)
}

// Writes dead letters: first what never changes, body included, then the head, then the indexes. A crash in between is repaired by the same letter
// coming again: its head is found, its indexes are written with what the head says. A letter that is opened again puts its body behind
// the head, once it sees that a settlement may have taken the body away (dead-letters.ts says why nothing is lost then). Nothing is counted up in place; write times
// follow from the position of the attempt, so a worker that wakes up late changes nothing.
import type { NewDeadLetter } from '../ports/worker-state.ts'
import { samePosition } from '../ports/identity.ts'
import type { LetterBodies } from '../ports/letter-bodies.ts'
import type { Cql, CqlWrite } from './cql.ts'
import { eventShard, shardKey } from './event-shard.ts'
import { isCounted, letterKey, letterShard, openShard, readHeads, type LetterHead } from './letter-heads.ts'
import type { Statements } from './statements.ts'
import { attemptTime } from './write-time.ts'

const DAY_MS = 86_400_000
const ROW_BYTES = 150

export const letterDay = (deadAt: number): number => Math.floor(deadAt / DAY_MS)

/** An open letter's row of its n-th attempt, and its removal, in their order. */
export const openedTime = (attempts: number): bigint => BigInt(attempts) * 2n
export const settledTime = (attempts: number): bigint => BigInt(attempts) * 2n + 1n

export interface LetterWriter {
  /** Durable when it resolves. Returns how many letters were new. */
  put(letters: readonly NewDeadLetter[]): Promise<number>
}

interface Change {
  letter: NewDeadLetter
  head: LetterHead
}

/** @param bodies - where bodies lie; null: with the letters. */
export function createLetterWriter(
  cql: Cql,
  statements: Statements,
  bodies: Pick<LetterBodies, 'put' | 'putAgain'> | null,
): LetterWriter {
  /** @param known - by `letterKey`: attempts before this one; 0: unknown, this one may be done again. */
  async function putBodiesAgain(
    changes: Iterable<Change>,
    known: ReadonlyMap<string, number>,
  ): Promise<void> {
    const letters = [...changes].map(({ letter }) => letter).filter((letter) => known.has(letterKey(letter)))
    if (bodies === null || letters.length === 0) return
    const heads = await readHeads(cql, statements, letters)
    const opened = letters.filter((letter) => {
      const head = heads.get(letterKey(letter))
      if (head?.state !== 'open' || head.settledAttempts === null) return false
      return head.settledAttempts >= (known.get(letterKey(letter)) as number)
    })
    await bodies.putAgain(opened)
  }

  return {
    put: async (letters) => {
      if (letters.length === 0) return 0
      const heads = await readHeads(cql, statements, letters)
      const fresh: NewDeadLetter[] = []
      const attempted = new Map<string, Change>()
      const touched = new Map<string, Change>()
      const known = new Map<string, number>()
      for (const letter of letters) {
        const key = letterKey(letter)
        const held = heads.get(key)
        if (held !== undefined && isCounted(letter.position, held.lastPosition)) {
          // Done again: its indexes may be missing. An older attempt has nothing to say any more.
          if (!samePosition(letter.position, held.lastPosition)) continue
          touched.set(key, { letter, head: held })
          if (!attempted.has(key)) known.set(key, 0)
          continue
        }
        if (held !== undefined && !touched.has(key)) known.set(key, held.attempts)
        const head = held === undefined ? firstHead(letter) : nextHead(held, letter)
        if (held === undefined) fresh.push(letter)
        heads.set(key, head)
        attempted.set(key, { letter, head })
        touched.set(key, { letter, head })
      }
      if (bodies !== null && fresh.length > 0) await bodies.put(fresh)
      await cql.write(fresh.map((letter) => contentWrite(statements, letter, bodies === null)))
      await cql.write([...attempted.values()].map((change) => headWrite(statements, change)))
      await putBodiesAgain(touched.values(), known)
      await cql.write([...touched.values()].flatMap((change) => indexWrites(statements, change)))
      return fresh.length
    },
  }
}

const firstHead = ({ id, reason, deadAt, position }: NewDeadLetter): LetterHead => ({
  id,
  reason,
  deadAt,
  attempts: 1,
  lastPosition: position,
  state: 'open',
  settledAttempts: null,
})

const nextHead = (held: LetterHead, { position }: NewDeadLetter): LetterHead => ({
  ...held,
  attempts: held.attempts + 1,
  lastPosition: position,
  state: 'open',
})

const letterPartition = (table: string, { projectId, id }: NewDeadLetter): string =>
  `${table}/${letterShard(id)}/${projectId}`

function contentWrite(statements: Statements, letter: NewDeadLetter, withBody: boolean): CqlWrite {
  const { projectId, id, eventId, detail, position, body } = letter
  return {
    statement: statements.putLetter,
    partition: letterPartition('letters', letter),
    bytes: ROW_BYTES + body.length + detail.length,
    params: [
      projectId,
      letterShard(id),
      id,
      eventId,
      detail,
      position.partition,
      BigInt(position.seq),
      position.idx,
      BigInt(letter.receivedAt),
      BigInt(letter.eventTime),
      withBody ? body : undefined,
      attemptTime(position),
    ],
  }
}

function headWrite(statements: Statements, { letter, head }: Change): CqlWrite {
  const { partition, seq, idx } = head.lastPosition
  return {
    statement: statements.putLetterHead,
    partition: letterPartition('heads', letter),
    bytes: ROW_BYTES,
    params: [
      letter.projectId,
      letterShard(letter.id),
      letter.id,
      head.reason,
      BigInt(head.deadAt),
      head.attempts,
      partition,
      BigInt(seq),
      idx,
      attemptTime(head.lastPosition),
    ],
  }
}

function indexWrites(statements: Statements, { letter, head }: Change): CqlWrite[] {
  const { projectId, id, eventId } = letter
  const { bucket, shard } = eventShard(eventId)
  const day = letterDay(head.deadAt)
  const deadAt = BigInt(head.deadAt)
  const time = attemptTime(head.lastPosition)
  return [
    {
      statement: statements.putLetterTime,
      partition: `times/${day}/${projectId}`,
      bytes: ROW_BYTES,
      params: [projectId, day, deadAt, id, head.reason, time],
    },
    {
      statement: statements.putLetterDay,
      partition: `days/${projectId}`,
      bytes: ROW_BYTES,
      params: [projectId, day, time],
    },
    {
      statement: statements.putLetterOfEvent,
      partition: `of-event/${shardKey(projectId, bucket, shard)}`,
      bytes: ROW_BYTES,
      params: [projectId, bucket, shard, eventId, deadAt, id, time],
    },
    {
      statement: statements.putOpenLetter,
      partition: `open/${openShard(id)}/${projectId}`,
      bytes: ROW_BYTES,
      params: [projectId, openShard(id), id, openedTime(head.attempts)],
    },
  ]
}

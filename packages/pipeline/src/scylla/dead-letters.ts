// Dead letters as the admin sees them. Lists walk an index by time, day by day; an entry counts when it is what the letter's head
// says (a crash can leave one behind that is not). Settling is a compare-and-set on the attempts: the first settlement of a letter at
// a number of attempts is a row that can be made once.
import { randomUUID } from 'node:crypto'
import { DEAD_LETTER_REASONS } from '@penstock/contract'
import { PipelineError } from '../errors.ts'
import type { DeadLetter, DeadLetterFilter, DeadLetters, DeadLetterState } from '../ports/dead-letters.ts'
import type { LetterBodies } from '../ports/letter-bodies.ts'
import type { Cql, CqlRow } from './cql.ts'
import { eventShard } from './event-shard.ts'
import { decodeLetterCursor, encodeLetterCursor, NEWEST_LETTER, type LetterPlace } from './letter-cursor.ts'
import {
  allLetterShards,
  byLetterShard,
  letterKey,
  letterShard,
  OPEN_SHARDS,
  openShard,
  readHeads,
  stateOf,
  type LetterHead,
} from './letter-heads.ts'
import { letterDay, settledTime } from './letter-writer.ts'
import type { Statements } from './statements.ts'

const STATES: readonly DeadLetterState[] = ['open', 'replayed', 'discarded']
/** Index entries that are looked at in one go. */
const LOOK = 200
/** Bodies have up to 32 KiB. */
const BODIES_PER_QUERY = 50
/** Index entries of one identity that are looked at for its latest letter: the first one that a head knows. */
const LATEST_LOOK = 10
const EARLIEST_DAY = -2_147_483_648

/** @param bodies - where bodies lie; null: with the letters. */
export function createScyllaDeadLetters(
  cql: Cql,
  statements: Statements,
  bodies: Pick<LetterBodies, 'get' | 'remove'> | null,
): DeadLetters {
  const headOf = async (projectId: string, id: string): Promise<LetterHead | null> =>
    (await readHeads(cql, statements, [{ projectId, id }])).get(letterKey({ projectId, id })) ?? null

  /** Letters with their heads, in the order of `heads`. */
  async function complete(projectId: string, heads: readonly LetterHead[]): Promise<DeadLetter[]> {
    const queries = byLetterShard(
      heads.map(({ id }) => ({ projectId, id })),
      BODIES_PER_QUERY,
    )
    const answers = await cql.readAll(
      'state',
      queries.map(({ shard, ids }) => ({ statement: statements.lettersOf, params: [projectId, shard, ids] })),
    )
    const contents = new Map(answers.flat().map((row) => [row['letter_id'] as string, row]))
    const apart = bodies === null ? [] : await bodies.get(heads.map(({ id }) => id))
    return heads.map((head, index) => {
      const row = contents.get(head.id)
      const body = bodies === null ? (row?.['body'] as Uint8Array | undefined) : (apart[index]?.body ?? null)
      // They are durable before the head is.
      if (row === undefined || body === undefined) {
        throw new PipelineError('corrupt', 'state', `dead letter ${head.id} has lost its content`)
      }
      return letterOf({ projectId, head, row, body })
    })
  }

  /** Heads behind a place that pass the filter, newest first, in pieces. */
  async function* walk(
    projectId: string,
    filter: DeadLetterFilter,
    from: LetterPlace,
  ): AsyncGenerator<LetterHead[]> {
    const since = filter.since ?? Number.NEGATIVE_INFINITY
    const firstDay = filter.since === undefined ? EARLIEST_DAY : letterDay(filter.since)
    const days = await cql.read('state', {
      statement: statements.letterDays,
      params: [projectId, letterDay(from.deadAt), firstDay],
    })
    for (const { day } of days as Iterable<CqlRow & { day: number }>) {
      let place: LetterPlace | null = from
      while (place !== null) {
        const entries: LetterPlace[] = []
        const rows = await cql.read('state', {
          statement: statements.letterTimesBefore,
          params: [projectId, day, BigInt(place.deadAt), place.id, LOOK],
        })
        for (const row of rows) {
          const entry = { deadAt: Number(row['dead_at'] as bigint), id: row['letter_id'] as string }
          if (entry.deadAt < since) break
          if (filter.reason === undefined || row['reason'] === filter.reason) entries.push(entry)
        }
        const heads = await readHeads(
          cql,
          statements,
          entries.map(({ id }) => ({ projectId, id })),
        )
        yield entries.flatMap(({ deadAt, id }) => {
          const head = heads.get(letterKey({ projectId, id }))
          if (head?.deadAt !== deadAt) return []
          return filter.state === undefined || head.state === filter.state ? [head] : []
        })
        const last = rows.at(-1)
        const deadAt = Number((last?.['dead_at'] as bigint | undefined) ?? 0n)
        place =
          rows.length < LOOK || last === undefined || deadAt < since
            ? null
            : { deadAt, id: last['letter_id'] as string }
      }
    }
  }

  const list: DeadLetters['list'] = async (projectId, filter, { limit, cursor }) => {
    const found: LetterHead[] = []
    const from = cursor === undefined ? NEWEST_LETTER : decodeLetterCursor(cursor)
    for await (const heads of walk(projectId, filter, from)) {
      for (const head of heads) {
        const last = found.at(-1)
        if (found.length === limit) {
          const nextCursor = encodeLetterCursor(last ?? from)
          return { letters: await complete(projectId, found), nextCursor }
        }
        found.push(head)
      }
    }
    return { letters: await complete(projectId, found), nextCursor: null }
  }

  const get: DeadLetters['get'] = async (projectId, id) => {
    const head = await headOf(projectId, id)
    return head === null ? null : ((await complete(projectId, [head]))[0] ?? null)
  }

  const latestOf: DeadLetters['latestOf'] = async ({ projectId, eventId }) => {
    const { bucket, shard } = eventShard(eventId)
    const rows = await cql.read('state', {
      statement: statements.lettersOfEvent,
      params: [projectId, bucket, shard, eventId, LATEST_LOOK],
    })
    const names = rows.map((row) => ({ projectId, id: row['letter_id'] as string }))
    const heads = await readHeads(cql, statements, names)
    for (const row of rows) {
      const head = heads.get(letterKey({ projectId, id: row['letter_id'] as string }))
      if (head?.deadAt === Number(row['dead_at'] as bigint))
        return (await complete(projectId, [head]))[0] ?? null
    }
    return null
  }

  const countOpen: DeadLetters['countOpen'] = async (projectId) => {
    const counts = await cql.readAll(
      'state',
      Array.from({ length: OPEN_SHARDS }, (_, shard) => ({
        statement: statements.countOpenLetters,
        params: [projectId, shard],
      })),
    )
    return counts.reduce((sum, rows) => sum + Number(rows[0]?.['letters'] ?? 0n), 0)
  }

  const summary: DeadLetters['summary'] = async (projectId) => {
    const counts = new Map<string, number>()
    for (const shard of allLetterShards()) {
      const rows = await cql.read('state', { statement: statements.letterHeads, params: [projectId, shard] })
      for (const row of rows) {
        const key = `${String(row['reason'])}/${stateOf(row)}`
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
    }
    return STATES.flatMap((state) =>
      DEAD_LETTER_REASONS.map((reason) => ({ reason, state, count: counts.get(`${reason}/${state}`) ?? 0 })),
    ).filter(({ count }) => count > 0)
  }

  /** Who settled the letter at this number of attempts, once that is decided. */
  async function settlement(projectId: string, id: string, attempts: number) {
    const [row] = await cql.readDecided({
      statement: statements.settlementOf,
      params: [projectId, id, attempts],
    })
    return row === undefined
      ? null
      : { state: row['state'] as DeadLetterState, settledBy: row['settled_by'] as string }
  }

  // After the settlement is durable. The letter may be opened again at any moment: either the head that is read here shows it, or the
  // worker, which reads the head after it has written it, sees the settlement and puts the body again, behind the place read here.
  async function removeBody(projectId: string, id: string, attempts: number): Promise<void> {
    const [kept] = (await bodies?.get([id])) ?? []
    if (kept == null) return
    const head = await headOf(projectId, id)
    if (head?.attempts === attempts && head.state !== 'open') await bodies?.remove(id, kept.place)
  }

  const settle: DeadLetters['settle'] = async (projectId, id, attempts, state) => {
    const head = await headOf(projectId, id)
    if (head?.attempts !== attempts) return false
    if (head.state !== 'open') {
      await removeBody(projectId, id, attempts)
      return false
    }
    const me = randomUUID()
    let settled: Awaited<ReturnType<typeof settlement>> = null
    while (settled === null) {
      const outcome = await cql.conditional({
        statement: statements.settleLetter,
        params: [projectId, id, attempts, state, me],
      })
      settled = outcome === 'applied' ? { state, settledBy: me } : await settlement(projectId, id, attempts)
    }
    // Also when somebody else was quicker: a crash may have kept them from it.
    await cql.write([
      {
        statement: statements.putLetterSettlement,
        partition: `heads/${id}`,
        bytes: 100,
        params: [projectId, letterShard(id), id, attempts, settled.state, BigInt(attempts)],
      },
    ])
    await cql.write([
      {
        statement: statements.removeOpenLetter,
        partition: `open/${id}`,
        bytes: 100,
        params: [settledTime(attempts), projectId, openShard(id), id],
      },
    ])
    await removeBody(projectId, id, attempts)
    return settled.settledBy === me
  }

  return { list, get, latestOf, countOpen, summary, settle }
}

const letterOf = ({
  projectId,
  head,
  row,
  body,
}: {
  projectId: string
  head: LetterHead
  row: CqlRow
  body: Uint8Array | null
}): DeadLetter => ({
  projectId,
  eventId: row['event_id'] as Uint8Array,
  id: head.id,
  reason: head.reason,
  detail: row['detail'] as string,
  position: {
    partition: row['position_partition'] as number,
    seq: Number(row['position_seq'] as bigint),
    idx: row['position_idx'] as number,
  },
  lastPosition: head.lastPosition,
  receivedAt: Number(row['received_at'] as bigint),
  eventTime: Number(row['event_time'] as bigint),
  deadAt: head.deadAt,
  attempts: head.attempts,
  state: head.state,
  body,
})

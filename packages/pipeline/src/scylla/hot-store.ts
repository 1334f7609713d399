// Reads of what the hot stage wrote. A timeline says where to look; the event's row decides whether it is there.
import type { ActorKey, HotRow, HotStore, TimelineCursor } from '../ports/hot-store.ts'
import { identityKey, type Identity } from '../ports/identity.ts'
import type { Cql, CqlRead, CqlRow } from './cql.ts'
import { timelineBucket } from './event-writes.ts'
import { ownerOf, readByShard } from './registry.ts'
import type { Statement, Statements } from './statements.ts'
import { decodeHolder, decodeTrait } from './write-time.ts'

// Behind every place that an event can have.
const NEWEST: TimelineCursor = { eventTime: Number.MAX_SAFE_INTEGER, eventId: new Uint8Array(0) }
/** Rows whose event is gone are skipped, so a page may take more than one look. */
const SMALLEST_LOOK = 16

type Actor = readonly [projectId: string, kind: string, id: string]

export function createScyllaHotStore(cql: Cql, statements: Statements): HotStore {
  const read = (statement: Statement, params: CqlRead['params']) => cql.read('hot', { statement, params })

  async function events(identities: readonly Identity[]): Promise<(HotRow | null)[]> {
    const found = await readByShard(cql, { store: 'hot', statement: statements.rowsOf, identities })
    return identities.map((identity) => {
      const row = found.get(identityKey(identity))
      return row === undefined ? null : hotRowOf(identity, row)
    })
  }

  /** Time buckets of an actor that may hold rows up to `newest`, newest first. */
  async function bucketsOf(actor: Actor, newest: number): Promise<number[]> {
    const rows = await read(statements.actorBuckets, [...actor, newest])
    return rows.map((row) => row['bucket'] as number)
  }

  const timeline: HotStore['timeline'] = async (key, { before = NEWEST, limit }) => {
    const actor = actorParams(key)
    const page: HotRow[] = []
    for (const bucket of await bucketsOf(actor, timelineBucket(before.eventTime))) {
      let place: TimelineCursor | null = before
      while (place !== null && page.length < limit) {
        const look = Math.max(SMALLEST_LOOK, limit - page.length)
        const { eventTime, eventId }: TimelineCursor = place
        const rows = await read(statements.timelineBefore, [
          ...actor,
          bucket,
          BigInt(eventTime),
          eventId,
          look,
        ])
        const found = await events(rows.map((row) => identityOf(key.projectId, row)))
        for (const row of found) if (row !== null && page.length < limit) page.push(row)
        place = rows.length < look ? null : placeOf(rows.at(-1) as CqlRow)
      }
      if (page.length >= limit) break
    }
    return page
  }

  const span: HotStore['span'] = async (key) => {
    const actor = actorParams(key)
    const buckets = await bucketsOf(actor, timelineBucket(NEWEST.eventTime))
    const first = async (statement: Statement, order: readonly number[]) => {
      for (const bucket of order) {
        const [row] = await read(statement, [...actor, bucket])
        if (row !== undefined) return timeOf(row)
      }
      return null
    }
    const lastSeen = await first(statements.newestTime, buckets)
    const firstSeen = await first(statements.oldestTime, [...buckets].reverse())
    return firstSeen === null || lastSeen === null ? null : { firstSeen, lastSeen }
  }

  const linkedUser: HotStore['linkedUser'] = async (projectId, anonymousId) => {
    const [row] = await read(statements.linkOf, [projectId, anonymousId])
    return row === undefined ? null : decodeHolder(row['holder'] as Uint8Array)
  }

  // The list names everybody who was linked once; only the holder's word counts.
  const linkedAnonymousIds: HotStore['linkedAnonymousIds'] = async (projectId, userId) => {
    const rows = await read(statements.linkedIds, [projectId, userId])
    const ids = rows.map((row) => row['anonymous_id'] as string)
    const holders = await cql.readAll(
      'hot',
      ids.map((id) => ({ statement: statements.linkOf, params: [projectId, id] })),
    )
    return ids.filter((_, index) => {
      const row = holders[index]?.[0]
      return row !== undefined && decodeHolder(row['holder'] as Uint8Array) === userId
    })
  }

  const profile: HotStore['profile'] = async (projectId, userId) => {
    const rows = await read(statements.traitsOf, [projectId, userId])
    if (rows.length === 0) return null
    const traits = new Map<string, unknown>()
    for (const row of rows) {
      const value = decodeTrait(row['value'] as Uint8Array)
      if (value !== null) traits.set(row['name'] as string, value)
    }
    return { traits }
  }

  return { events, timeline, span, linkedUser, linkedAnonymousIds, profile }
}

const actorParams = ({ projectId, kind, id }: ActorKey): Actor => [projectId, kind, id]

const timeOf = (row: CqlRow): number => Number(row['event_time'] as bigint)

const placeOf = (row: CqlRow): TimelineCursor => ({
  eventTime: timeOf(row),
  eventId: row['event_id'] as Uint8Array,
})

const identityOf = (projectId: string, row: CqlRow): Identity => ({
  projectId,
  eventId: row['event_id'] as Uint8Array,
})

const hotRowOf = ({ projectId, eventId }: Identity, row: CqlRow): HotRow => ({
  projectId,
  eventId,
  position: ownerOf(row),
  receivedAt: Number(row['received_at'] as bigint),
  eventTime: timeOf(row),
  bytes: row['body'] as Uint8Array,
})

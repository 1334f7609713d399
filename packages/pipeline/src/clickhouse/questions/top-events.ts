// What is done most: per event name the events, the actors, and the share of all active events that the question sees.
// Actors of up to 64 names are counted as bits of one number per actor; with more names, by exact distinct counting, which
// takes several times longer. Both give the same numbers.
import { resolveRange } from '../../periods/range.ts'
import type { ColdReader, ColdStats } from '../../ports/cold-store.ts'
import type { Answer, QuestionContext, TopEventsInput, TopEventsRow } from '../../ports/questions.ts'
import { IS_ACTIVE, RAW_ACTOR, withActors } from './actors.ts'
import { addStats, ask, spread, type Count } from './ask.ts'
import { filterCondition } from './filter-sql.ts'
import { readFilters } from './filters.ts'
import { MAX_BITS, indexSet } from './index-set.ts'
import { readChoice, readInteger } from './parameters.ts'
import { inRange } from './range-sql.ts'
import { createStatement, type Statement } from './statement.ts'

const MAX_LIMIT = 1_000
const DEFAULT_LIMIT = 10
const ORDERS = ['events', 'users'] as const
type Order = (typeof ORDERS)[number]

/** One question on its way: `seen` is the condition of the events that count. */
interface Asked {
  reader: ColdReader
  context: QuestionContext
  statement: Statement
  seen: string
  order: Order
  limit: number
}

type Counted = Omit<TopEventsRow, 'share'>

export async function topEvents(
  reader: ColdReader,
  input: TopEventsInput,
  context: QuestionContext,
): Promise<Answer<TopEventsRow>> {
  const limit = readInteger('limit', input.limit, { least: 1, most: MAX_LIMIT }) ?? DEFAULT_LIMIT
  const order = readChoice('order', input.order, ORDERS, 'events')
  const filters = readFilters(input.filters)
  const { zone, range, query } = resolveRange(input, context.now)
  const statement = createStatement(context.projectId)
  const seen = `${statement.ofProject} AND ${inRange(statement, range)} AND ${IS_ACTIVE}
    AND ${filterCondition(statement, filters)}`
  const asked = { reader, context, statement, seen, order, limit }

  const counts = await countEvents(asked)
  const few = counts.names <= MAX_BITS || (order === 'events' && limit <= MAX_BITS)
  const { rows, stats } = few ? await countUsersOf(asked, counts.rows) : await countEverything(asked)

  return {
    query: { ...query, limit, order, filters: input.filters ?? [] },
    timezone: zone.name,
    data: rows.map((row) => ({ ...row, share: row.events / counts.total })),
    stats: addStats(counts.stats, stats),
  }
}

/** The names with most events, at least as many as are asked for and at most 64 where that is enough. */
async function countEvents({ reader, context, statement, seen, limit }: Asked) {
  const { rows, stats } = await ask<{ event: string; events: Count; total: Count; names: Count }>(
    reader,
    context,
    statement,
    `SELECT name AS event, count() AS events, sum(events) OVER () AS total, count() OVER () AS names
     FROM events_v1 WHERE ${seen} GROUP BY event
     ORDER BY events DESC, event LIMIT ${Math.max(limit, MAX_BITS)}`,
  )
  return {
    rows: rows.map((row) => ({ event: row.event, events: Number(row.events) })),
    total: Number(rows[0]?.total ?? 0),
    names: Number(rows[0]?.names ?? 0),
    stats,
  }
}

async function countUsersOf(
  { reader, context, statement, seen, order, limit }: Asked,
  counted: readonly Omit<Counted, 'users'>[],
): Promise<{ rows: Counted[]; stats: ColdStats }> {
  const candidates = order === 'events' ? counted.slice(0, limit) : counted
  if (candidates.length === 0) return { rows: [], stats: { elapsedMs: 0, rowsRead: 0 } }
  const names = statement.bind(
    candidates.map((row) => row.event),
    'Array(String)',
  )
  const set = indexSet(candidates.length)
  // `transform` and IN work on the column's dictionary; `indexOf` and `has` would compare every row's text.
  const index = `transform(name, ${names}, range(${candidates.length}), toUInt64(0))`
  const sql = `
    SELECT arrayJoin(${set.toArray('done')}) AS name_index, count() AS users FROM (
      SELECT actor, ${set.unite('done_raw')} AS done FROM (${withActors(
        statement,
        `SELECT ${RAW_ACTOR} AS raw_actor, ${set.collect(index, '1')} AS done_raw
         FROM events_v1 WHERE ${seen} AND name IN ${names} GROUP BY raw_actor`,
      )}) GROUP BY actor)
    GROUP BY name_index`
  const { rows, stats } = await ask<{ name_index: Count; users: Count }>(reader, context, statement, sql)
  const users = spread(
    candidates.length,
    rows.map((row) => [Number(row.name_index), row.users] as const),
  )
  const all = candidates.map((row, index) => ({ ...row, users: users[index] as number }))
  if (order === 'users') all.sort((a, b) => b.users - a.users || compareCodePoints(a.event, b.event))
  return { rows: all.slice(0, limit), stats }
}

async function countEverything({ reader, context, statement, seen, order, limit }: Asked) {
  const { rows, stats } = await ask<{ event: string; events: Count; users: Count }>(
    reader,
    context,
    statement,
    `SELECT event, sum(events_raw) AS events, uniqExact(actor) AS users FROM (${withActors(
      statement,
      `SELECT name AS event, ${RAW_ACTOR} AS raw_actor, count() AS events_raw
       FROM events_v1 WHERE ${seen} GROUP BY event, raw_actor`,
    )}) GROUP BY event
     ORDER BY ${order} DESC, event LIMIT ${limit}`,
  )
  const counted = rows.map((row) => ({
    event: row.event,
    events: Number(row.events),
    users: Number(row.users),
  }))
  return { rows: counted, stats }
}

/** As UTF-8 bytes compare, which is how the store orders names. */
const compareCodePoints = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

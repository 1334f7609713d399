// What is done most: per event name the events, the actors, and the share of all active events that the question sees.
// A first statement chooses the names; every number comes from one scan of the second, since workers insert between the two.
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

interface Ranking {
  rows: Counted[]
  /** Events of all names, those of `rows` among them. */
  total: number
  stats: ColdStats
}

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

  const found = await findNames(asked)
  const few = found.count <= MAX_BITS || (order === 'events' && limit <= MAX_BITS)
  const { rows, total, stats } = few ? await countNames(asked, found.names) : await countEverything(asked)

  return {
    query: { ...query, limit, order, filters: input.filters ?? [] },
    timezone: zone.name,
    data: rows.map((row) => ({ ...row, share: row.events / total })),
    stats: addStats(found.stats, stats),
  }
}

/** The names with most events, at most 64, and how many there are. */
async function findNames({ reader, context, statement, seen }: Asked) {
  const { rows, stats } = await ask<{ event: string; names: Count }>(
    reader,
    context,
    statement,
    `SELECT name AS event, count() OVER () AS names
     FROM events_v1 WHERE ${seen} GROUP BY event
     ORDER BY count() DESC, event LIMIT ${MAX_BITS}`,
  )
  return { names: rows.map((row) => row.event), count: Number(rows[0]?.names ?? 0), stats }
}

/**
 * Ranks these names, at most 64. The rows of one scan are grouped twice: by who did it, and by name. A group of the latter has
 * `events_raw`, and its name's index for an actor, so that it comes through the grouping of actors as it is: a hash as small is
 * less likely than two equal ones, and a second key would make that grouping slower.
 */
async function countNames(
  { reader, context, statement, seen, order, limit }: Asked,
  names: readonly string[],
): Promise<Ranking> {
  if (names.length === 0) return { rows: [], total: 0, stats: { elapsedMs: 0, rowsRead: 0 } }
  const set = indexSet(names.length)
  // `transform` works on the column's dictionary; `indexOf` would compare every row's text. All other names are one index more.
  const index = `transform(name, ${statement.bind(names, 'Array(String)')}, range(${names.length}), toUInt8(${names.length}))`
  const sql = `
    SELECT arrayJoin(if(name_events > 0, [actor], ${set.toArray('done')})) AS name_index,
      sum(name_events) AS events, countIf(name_events = 0) AS users FROM (
      SELECT actor, ${set.unite('done_raw')} AS done, sum(events_raw) AS name_events FROM (${withActors(
        statement,
        `SELECT ${RAW_ACTOR} AS own_actor, ${index} AS own_index, grouping(own_actor) = 1 AS is_name,
           if(is_name, own_index, own_actor) AS raw_actor, if(is_name, count(), 0) AS events_raw,
           ${set.collect(index, `${index} < ${names.length}`)} AS done_raw
         FROM events_v1 WHERE ${seen} GROUP BY GROUPING SETS ((own_actor), (own_index))`,
      )}) GROUP BY actor)
    GROUP BY name_index`
  const { rows, stats } = await ask<{ name_index: Count; events: Count; users: Count }>(
    reader,
    context,
    statement,
    sql,
  )
  const countsOf = (column: 'events' | 'users') =>
    spread(
      names.length + 1,
      rows.map((row) => [Number(row.name_index), row[column]] as const),
    )
  const [events, users] = [countsOf('events'), countsOf('users')]
  const ranked = names
    .map((event, at) => ({ event, events: events[at] as number, users: users[at] as number }))
    .filter((row) => row.events > 0) // erased since the names were found
    .sort((a, b) => b[order] - a[order] || compareCodePoints(a.event, b.event))
  return { rows: ranked.slice(0, limit), total: events.reduce((sum, count) => sum + count, 0), stats }
}

async function countEverything({ reader, context, statement, seen, order, limit }: Asked): Promise<Ranking> {
  const { rows, stats } = await ask<{ event: string; events: Count; users: Count; total: Count }>(
    reader,
    context,
    statement,
    `SELECT event, sum(events_raw) AS events, uniqExact(actor) AS users, sum(events) OVER () AS total FROM (${withActors(
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
  return { rows: counted, total: Number(rows[0]?.total ?? 0), stats }
}

/** As UTF-8 bytes compare, which is how the store orders names. */
const compareCodePoints = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

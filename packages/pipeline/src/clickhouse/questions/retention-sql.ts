// The statement of retention. Rows: how many actors of the cohort (index of a period) have k; k = 0 counts the cohort itself,
// k ≥ 1 the returns: in the k-th period after (`on`), or whose last return is there or, for the greatest k, later (`on_or_after`).
// What is first ever is worked out over all events, before filters; the cohort takes the actor only if the question sees that
// first start event.
import type { Stretch } from '../../periods/periods.ts'
import type { QuestionPeriods } from '../../periods/question-periods.ts'
import { EVENT_ORDER, IS_ACTIVE, RAW_ACTOR, withActors } from './actors.ts'
import type { Count } from './ask.ts'
import { filterCondition } from './filter-sql.ts'
import type { ResolvedFilter } from './filters.ts'
import { indexSet } from './index-set.ts'
import { EVENT_SECONDS, before, notBefore, periodIndex } from './range-sql.ts'
import { createStatement, type Statement } from './statement.ts'

export interface CohortRow {
  cohort: Count
  k: Count
  actors: Count
}

export interface RetentionQuestion {
  projectId: string
  range: Stretch
  stretches: QuestionPeriods
  filters: readonly ResolvedFilter[]
  mode: 'first_time' | 'recurring'
  count: 'on' | 'on_or_after'
  startEvent: string | null
  returnEvent: string | null
  depth: number
}

export function retentionSql(question: RetentionQuestion): { statement: Statement; sql: string } {
  const { range, stretches, mode, filters, depth } = question
  const statement = createStatement(question.projectId)
  const set = indexSet(stretches.periods.length)
  const named = (event: string | null) => (event === null ? '1' : `name = ${statement.bind(event, 'String')}`)
  const isStart = named(question.startEvent)
  const isReturn = named(question.returnEvent)
  const seen = filterCondition(statement, filters)
  const inside = notBefore(statement, range.start)
  const period = periodIndex(statement, EVENT_SECONDS, stretches)
  const returns = set.collect(period, `${inside} AND ${isReturn} AND ${seen}`)

  let cohorts: { raw: string; merged: string; toArray: string }
  if (mode === 'recurring') {
    cohorts = {
      raw: `${set.collect(period, `${isStart} AND ${seen}`)} AS starts_raw`,
      merged: `${set.unite('starts_raw')} AS starts`,
      toArray: set.toArray('starts'),
    }
  } else {
    const first = filters.length === 0 ? firstByTime(isStart) : firstByOrder(isStart, seen)
    const start = statement.bind(range.start, 'Int64')
    cohorts = {
      raw: first.raw,
      merged: first.merged,
      toArray: `if(${first.isSeen} AND first_ms >= ${start} AND first_ms != ${NEVER},
        [${periodIndex(statement, 'intDiv(first_ms, 1000)', stretches)}], [])`,
    }
  }

  const scanned = [
    statement.ofProject,
    before(statement, range.end),
    IS_ACTIVE,
    // Other events neither start nor return; a first one is looked for in all time, everything else in the range.
    `(${isStart} OR ${isReturn})`,
    ...(mode === 'recurring' ? [inside, seen] : []),
  ].join(' AND ')
  const sql = `
    SELECT cohort, k, count() AS actors FROM (
      SELECT arrayJoin(cohorts) AS cohort, returned, arrayJoin(${ksOf(question.count, depth)}) AS k FROM (
        SELECT arrayMap(cohort -> toInt32(cohort), ${cohorts.toArray}) AS cohorts,
          arrayMap(period -> toInt32(period), ${set.toArray('returns')}) AS returned
        FROM (
          SELECT actor, ${cohorts.merged}, ${set.unite('returns_raw')} AS returns
          FROM (${withActors(
            statement,
            `SELECT ${RAW_ACTOR} AS raw_actor, ${cohorts.raw}, ${returns} AS returns_raw
             FROM events_v1 WHERE ${scanned} GROUP BY raw_actor`,
          )}) GROUP BY actor)))
    GROUP BY cohort, k`
  return { statement, sql }
}

/** Larger than every event time in ms. */
const NEVER = '9223372036854775807'

/** Without filters any event at the first time will do. */
const firstByTime = (isStart: string) => ({
  raw: `min(if(${isStart}, toUnixTimestamp64Milli(event_time), ${NEVER})) AS first_ms_raw`,
  merged: 'min(first_ms_raw) AS first_ms',
  isSeen: '1',
})

/** With filters it matters which of the events at the first time is the first: the smallest event id. */
const firstByOrder = (isStart: string, seen: string) => {
  const order = `if(${isStart}, ${EVENT_ORDER}, bitNot(toUInt256(0)))`
  const what = `(${seen}, if(${isStart}, toUnixTimestamp64Milli(event_time), ${NEVER}))`
  return {
    raw: `min(${order}) AS first_order_raw, argMin(${what}, ${order}) AS first_raw`,
    merged: 'argMin(first_raw, first_order_raw) AS first, first.2 AS first_ms',
    isSeen: 'first.1',
  }
}

function ksOf(count: RetentionQuestion['count'], depth: number): string {
  if (count === 'on') {
    return `arrayPushFront(arrayFilter(k -> k > 0 AND k <= ${depth}, arrayMap(period -> period - cohort, returned)), 0)`
  }
  return `if(length(returned) > 0 AND arrayMax(returned) > cohort,
    [0, least(toInt64(arrayMax(returned)) - cohort, ${depth})], [0])`
}

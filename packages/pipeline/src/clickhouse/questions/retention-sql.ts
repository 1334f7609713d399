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
import { indexSet, type IndexSet } from './index-set.ts'
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
  const { range, stretches, filters } = question
  const statement = createStatement(question.projectId)
  const set = indexSet(stretches.periods.length)
  const named = (event: string | null) => (event === null ? '1' : `name = ${statement.bind(event, 'String')}`)
  const cohorts = question.mode === 'recurring' ? everyCohort(set) : firstCohort(statement, question)

  const events = `
    SELECT user_hash, anonymous_hash, event_time, event_id,
      ${named(question.startEvent)} AS is_start,
      ${named(question.returnEvent)} AS is_return,
      ${filterCondition(statement, filters)} AS is_seen,
      ${notBefore(statement, range.start)} AS is_inside,
      ${periodIndex(statement, EVENT_SECONDS, stretches)} AS period
    FROM events_v1
    WHERE ${statement.ofProject} AND ${before(statement, range.end)} AND ${IS_ACTIVE}`
  const perActor = `
    SELECT actor, ${cohorts.merged}, ${set.unite('returns_raw')} AS returns
    FROM (${withActors(
      statement,
      `SELECT ${RAW_ACTOR} AS raw_actor, ${cohorts.raw},
         ${set.collect('period', 'is_inside AND is_return AND is_seen')} AS returns_raw
       FROM (${events}) WHERE ${cohorts.scanned} GROUP BY raw_actor`,
    )}) GROUP BY actor`
  const sql = `
    SELECT cohort, k, count() AS actors FROM (
      SELECT arrayJoin(cohorts) AS cohort, returned, arrayJoin(${ksOf(question.count, question.depth)}) AS k FROM (
        SELECT arrayMap(cohort -> toInt32(cohort), ${cohorts.toArray}) AS cohorts,
          arrayMap(period -> toInt32(period), ${set.toArray('returns')}) AS returned
        FROM (${perActor})))
    GROUP BY cohort, k`
  return { statement, sql }
}

/** How an actor's cohorts are collected per raw actor, merged per actor, and read as an array of period indexes. */
interface Cohorts {
  raw: string
  merged: string
  toArray: string
  /** Events that can matter. */
  scanned: string
}

const everyCohort = (set: IndexSet): Cohorts => ({
  raw: `${set.collect('period', 'is_start AND is_seen')} AS starts_raw`,
  merged: `${set.unite('starts_raw')} AS starts`,
  toArray: set.toArray('starts'),
  scanned: 'is_inside AND is_seen AND (is_start OR is_return)',
})

function firstCohort(statement: Statement, { range, stretches, filters }: RetentionQuestion): Cohorts {
  const first = filters.length === 0 ? FIRST_BY_TIME : FIRST_BY_ORDER
  const start = statement.bind(range.start, 'Int64')
  return {
    raw: first.raw,
    merged: first.merged,
    toArray: `if(${first.isSeen} AND first_ms >= ${start} AND first_ms != ${NEVER},
      [${periodIndex(statement, 'intDiv(first_ms, 1000)', stretches)}], [])`,
    // A first start event is looked for in all time.
    scanned: 'is_start OR (is_inside AND is_return AND is_seen)',
  }
}

/** Larger than every event time in ms. */
const NEVER = '9223372036854775807'
const START_MS = `if(is_start, toUnixTimestamp64Milli(event_time), ${NEVER})`
const START_ORDER = `if(is_start, ${EVENT_ORDER}, bitNot(toUInt256(0)))`

/** Without filters any of the start events at the first time will do. */
const FIRST_BY_TIME = {
  raw: `min(${START_MS}) AS first_ms_raw`,
  merged: 'min(first_ms_raw) AS first_ms',
  isSeen: '1',
}

/** With filters it matters which of them is the first, so that it is asked whether that one is seen. */
const FIRST_BY_ORDER = {
  raw: `min(${START_ORDER}) AS first_order_raw, argMin((is_seen, ${START_MS}), ${START_ORDER}) AS first_raw`,
  merged: 'argMin(first_raw, first_order_raw) AS first, first.2 AS first_ms',
  isSeen: 'first.1',
}

function ksOf(count: RetentionQuestion['count'], depth: number): string {
  if (count === 'on') {
    return `arrayPushFront(arrayFilter(k -> k > 0 AND k <= ${depth}, arrayMap(period -> period - cohort, returned)), 0)`
  }
  return `if(length(returned) > 0 AND arrayMax(returned) > cohort,
    [0, least(toInt64(arrayMax(returned)) - cohort, ${depth})], [0])`
}

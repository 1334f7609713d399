// `rolling`: every period counts the actors of the N calendar days that end with it. An actor's active days are found once;
// each day makes the actor count in a run of neighbouring periods, and overlapping runs are joined, so the work does not
// grow with N. What comes back are runs (first period, last period, actors), which are added up here.
import { firstOfNextMonth, parseDate } from '../../periods/calendar-date.ts'
import { dayBounds } from '../../periods/day-bounds.ts'
import type { Stretch } from '../../periods/periods.ts'
import { questionPeriods, type QuestionPeriod } from '../../periods/question-periods.ts'
import type { Zone } from '../../periods/zone.ts'
import type { ColdReader, ColdStats } from '../../ports/cold-store.ts'
import { QuestionInvalidError, type Interval, type QuestionContext } from '../../ports/questions.ts'
import { RAW_ACTOR, withActors } from './actors.ts'
import { ask, type Count } from './ask.ts'
import { indexSet } from './index-set.ts'
import { readInteger } from './parameters.ts'
import { EVENT_SECONDS, inRange, periodIndex } from './range-sql.ts'
import type { Statement } from './statement.ts'

/** Day numbers, both inclusive. */
export interface Rolling {
  days: number
  dates: { from: number; to: number }
}

const MAX_ROLLING_DAYS = 1_000

export function readRolling(
  value: unknown,
  interval: Interval,
  dates: Rolling['dates'] | null,
): Rolling | null {
  const days = readInteger('rolling', value, { least: 1, most: MAX_ROLLING_DAYS })
  if (days === null) return null
  if (interval === 'hour') {
    throw new QuestionInvalidError('rolling', 'counts days and cannot be asked with interval=hour')
  }
  if (dates === null) {
    throw new QuestionInvalidError(
      'rolling',
      'counts calendar days and needs dates as from and to, not times',
    )
  }
  return { days, dates }
}

interface RollingQuestion {
  reader: ColdReader
  context: QuestionContext
  statement: Statement
  /** Condition of the events that count. */
  seen: string
  zone: Zone
  range: Stretch
  interval: Interval
  rolling: Rolling
  periods: readonly QuestionPeriod[]
}

export async function rollingUsers(
  question: RollingQuestion,
): Promise<{ users: number[]; stats: ColdStats }> {
  const { reader, context, statement, seen, zone, range, interval, rolling, periods } = question
  const lastDates = periods.map((period) => Math.min(lastDateOf(interval, period.label), rolling.dates.to))
  const firstDate = Math.min(...lastDates) - (rolling.days - 1)
  const window = { start: Math.min(dayBounds(zone, firstDate).start, range.start), end: range.end }
  const days = questionPeriods(zone, 'day', window, context.asOf)
  const runs = days.periods.map((day) =>
    runOf(lastDates, { day: parseDate(day.label) as number, days: rolling.days }),
  )
  const firsts = statement.bind(
    runs.map((run) => run.first),
    'Array(Int64)',
  )
  const lasts = statement.bind(
    runs.map((run) => run.last),
    'Array(Int64)',
  )

  const set = indexSet(days.periods.length)
  const sql = `
    SELECT run.1 AS first, run.2 AS last, count() AS users FROM (
      SELECT arrayJoin(arrayFilter(run -> run.1 <= run.2, arrayMap(
        (day, day_before) -> (
          greatest(${firsts}[day + 1], if(day_before < 0, 0, ${lasts}[day_before + 1] + 1)),
          ${lasts}[day + 1]),
        active_days, arrayPushFront(arrayPopBack(active_days), -1)))) AS run
      FROM (
        SELECT actor, arraySort(arrayMap(day -> toInt32(day), ${set.toArray(set.unite('active_in'))})) AS active_days
        FROM (${withActors(
          statement,
          `SELECT ${RAW_ACTOR} AS raw_actor,
             ${set.collect(periodIndex(statement, EVENT_SECONDS, days), '1')} AS active_in
           FROM events_v1
           WHERE ${statement.ofProject} AND ${inRange(statement, window)} AND ${seen}
           GROUP BY raw_actor`,
        )}) GROUP BY actor))
    GROUP BY first, last`
  const { rows, stats } = await ask<{ first: Count; last: Count; users: Count }>(
    reader,
    context,
    statement,
    sql,
  )
  return { users: addUp(periods.length, rows), stats }
}

/** Day number of the last date of a day, week or month, by its label. */
function lastDateOf(interval: Interval, label: string): number {
  if (interval === 'month') return firstOfNextMonth(parseDate(`${label}-01`) as number) - 1
  return (parseDate(label) as number) + (interval === 'week' ? 6 : 0)
}

/** The periods in which a day counts, by index; `first > last` when there are none. `lastDates` ascends. */
function runOf(lastDates: readonly number[], { day, days }: { day: number; days: number }) {
  const first = lastDates.findIndex((date) => date >= day)
  if (first < 0) return { first: 0, last: -1 }
  const last = lastDates.findLastIndex((date) => date <= day + days - 1)
  return { first, last: Math.max(last, first - 1) }
}

function addUp(size: number, rows: readonly { first: Count; last: Count; users: Count }[]): number[] {
  const changes = new Array<number>(size + 1).fill(0)
  for (const row of rows) {
    changes[Number(row.first)] = (changes[Number(row.first)] as number) + Number(row.users)
    changes[Number(row.last) + 1] = (changes[Number(row.last) + 1] as number) - Number(row.users)
  }
  let running = 0
  return changes.slice(0, size).map((change) => (running += change))
}

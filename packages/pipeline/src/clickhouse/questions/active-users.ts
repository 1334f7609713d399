// How many actors were active in each period.
import { questionPeriods } from '../../periods/question-periods.ts'
import { resolveRange } from '../../periods/range.ts'
import type { ColdReader } from '../../ports/cold-store.ts'
import {
  INTERVALS,
  type ActiveUsersInput,
  type ActiveUsersRow,
  type Answer,
  type QuestionContext,
} from '../../ports/questions.ts'
import { IS_ACTIVE, RAW_ACTOR, withActors } from './actors.ts'
import { ask, spread, type Count } from './ask.ts'
import { filterCondition } from './filter-sql.ts'
import { readFilters } from './filters.ts'
import { indexSet } from './index-set.ts'
import { readChoice, readEventName } from './parameters.ts'
import { EVENT_SECONDS, inRange, periodIndex } from './range-sql.ts'
import { readRolling, rollingUsers } from './rolling-users.ts'
import { createStatement } from './statement.ts'

export async function activeUsers(
  reader: ColdReader,
  input: ActiveUsersInput,
  context: QuestionContext,
): Promise<Answer<ActiveUsersRow>> {
  const interval = readChoice('interval', input.interval, INTERVALS, 'day')
  const event = readEventName('event', input.event)
  const filters = readFilters(input.filters)
  const { zone, range, dates, query } = resolveRange(input, context.now)
  const rolling = readRolling(input.rolling, interval, dates)
  const stretches = questionPeriods(zone, interval, range, context.asOf)
  const { periods } = stretches

  const statement = createStatement(context.projectId)
  const seen = [
    IS_ACTIVE,
    ...(event === null ? [] : [`name = ${statement.bind(event, 'String')}`]),
    filterCondition(statement, filters),
  ].join(' AND ')
  const { users, stats } =
    rolling === null
      ? await usersPerPeriod()
      : await rollingUsers({ reader, context, statement, seen, zone, range, interval, rolling, periods })

  async function usersPerPeriod() {
    const set = indexSet(periods.length)
    const sql = `
      SELECT arrayJoin(${set.toArray('active')}) AS period, count() AS users FROM (
        SELECT actor, ${set.unite('active_in')} AS active FROM (${withActors(
          statement,
          `SELECT ${RAW_ACTOR} AS raw_actor,
             ${set.collect(periodIndex(statement, EVENT_SECONDS, stretches), '1')} AS active_in
           FROM events_v1
           WHERE ${statement.ofProject} AND ${inRange(statement, range)} AND ${seen}
           GROUP BY raw_actor`,
        )}) GROUP BY actor)
      GROUP BY period`
    const answer = await ask<{ period: number; users: Count }>(reader, context, statement, sql)
    const entries = answer.rows.map((row) => [row.period, row.users] as const)
    return { users: spread(periods.length, entries), stats: answer.stats }
  }

  return {
    query: {
      ...query,
      interval,
      ...(event === null ? {} : { event }),
      ...(rolling === null ? {} : { rolling: rolling.days }),
      filters: input.filters ?? [],
    },
    timezone: zone.name,
    data: periods.map((period, index) => ({
      period: period.label,
      users: users[index] as number,
      ...(period.partial ? { partial: true as const } : {}),
    })),
    stats,
  }
}

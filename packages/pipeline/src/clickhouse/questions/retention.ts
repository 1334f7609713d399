// Who came back: per cohort (the actors with a start event in a period, or with their first one ever) how many have a return
// event k periods later. Per actor the store keeps the set of periods with a return event and the cohorts it belongs to,
// and counts the pairs (cohort, k). Which cells are known yet is decided here.
import { questionPeriods, type QuestionPeriod } from '../../periods/question-periods.ts'
import { resolveRange } from '../../periods/range.ts'
import type { ColdReader } from '../../ports/cold-store.ts'
import {
  INTERVALS,
  QuestionInvalidError,
  type Answer,
  type QuestionContext,
  type RetentionInput,
  type RetentionRow,
} from '../../ports/questions.ts'
import { ask, spread } from './ask.ts'
import { readFilters } from './filters.ts'
import { readChoice, readEventName, readInteger } from './parameters.ts'
import { retentionSql, type CohortRow } from './retention-sql.ts'

const DEFAULT_PERIODS = 7
const MAX_RETENTION_PERIODS = 90
/** Cells of an answer; 90 periods of three years of days fit. */
const MAX_CELLS = 100_000

export async function retention(
  reader: ColdReader,
  input: RetentionInput,
  context: QuestionContext,
): Promise<Answer<RetentionRow>> {
  const interval = readChoice('interval', input.interval, INTERVALS, 'day')
  const depth =
    readInteger('periods', input.periods, { least: 1, most: MAX_RETENTION_PERIODS }) ?? DEFAULT_PERIODS
  const mode = readChoice('mode', input.mode, ['first_time', 'recurring'] as const, 'first_time')
  const count = readChoice('count', input.count, ['on', 'on_or_after'] as const, 'on')
  const startEvent = readEventName('start_event', input.start_event)
  const returnEvent = readEventName('return_event', input.return_event)
  const filters = readFilters(input.filters)
  const { zone, range, query } = resolveRange(input, context.now)
  const stretches = questionPeriods(zone, interval, range, context.asOf)
  const { periods } = stretches
  if (periods.length * (depth + 1) > MAX_CELLS) {
    throw new QuestionInvalidError(
      'periods',
      `${periods.length} cohorts of ${depth} periods are more than ${MAX_CELLS} cells; ask for a shorter range or fewer periods`,
    )
  }

  const { statement, sql } = retentionSql({
    projectId: context.projectId,
    range,
    stretches,
    filters,
    mode,
    count,
    startEvent,
    returnEvent,
    depth,
  })
  const { rows, stats } = await ask<CohortRow>(reader, context, statement, sql)
  const counts = spread(
    periods.length * (depth + 1),
    rows.map((row) => [Number(row.cohort) * (depth + 1) + Number(row.k), row.actors] as const),
  )
  const knownThrough = Math.min(range.end, context.asOf)

  return {
    query: {
      ...query,
      interval,
      periods: depth,
      mode,
      count,
      ...(startEvent === null ? {} : { start_event: startEvent }),
      ...(returnEvent === null ? {} : { return_event: returnEvent }),
      filters: input.filters ?? [],
    },
    timezone: zone.name,
    data: periods.map((period, cohort) => {
      const own = counts.slice(cohort * (depth + 1), (cohort + 1) * (depth + 1))
      const size = own[0] as number
      if (count === 'on_or_after') addLaterOnes(own)
      const values = own.map((value, k) =>
        k === 0 || hasEnded(periods[cohort + k], knownThrough) ? value : null,
      )
      return {
        cohort: period.label,
        size,
        values,
        rates: values.map((value) => (value === null ? null : size === 0 ? 0 : value / size)),
        ...(period.partial ? { partial: true as const } : {}),
      }
    }),
    stats,
  }
}

/** A period past the range has not ended by its `to`. */
const hasEnded = (period: QuestionPeriod | undefined, knownThrough: number): boolean =>
  period !== undefined && period.end <= knownThrough

/** Each actor was counted at its last return: whoever came in the k-th period or later came for all k before. */
function addLaterOnes(own: number[]): void {
  for (let k = own.length - 2; k >= 1; k--) own[k] = (own[k] as number) + (own[k + 1] as number)
}

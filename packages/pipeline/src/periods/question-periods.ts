// The periods of a question: those that its range touches, each with what of it the range leaves and whether that is all.
// Refuses a range of too many before it builds them.
import { QuestionInvalidError, type Interval } from '../ports/questions.ts'
import { DAY_MS } from './calendar-date.ts'
import { overlaps, periodsTouching, type Stretch } from './periods.ts'
import type { Zone } from './zone.ts'

/** More rows than anybody reads; bounds the parameters of the query, too. */
export const MAX_PERIODS = 10_000

export interface QuestionPeriod {
  label: string
  /** One past the last instant of the whole period. */
  end: number
  /** The range cuts it, or it is not over at `asOf`. */
  partial: boolean
}

export interface QuestionPeriods {
  periods: QuestionPeriod[]
  /**
   * Where each stretch of a period begins, full seconds since 1970, ascending; the first may lie before the range. An
   * instant of the range belongs to the last stretch that begins at or before it.
   */
  stretchStarts: number[]
  /** For each stretch the index of its period. */
  stretchPeriods: number[]
}

const SHORTEST_MS: Record<Interval, number> = {
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 28 * DAY_MS,
}

export function questionPeriods(
  zone: Zone,
  interval: Interval,
  range: Stretch,
  asOf: number,
): QuestionPeriods {
  // Zones cut few periods, so the estimate is close; the exact count decides the rest.
  if ((range.end - range.start) / SHORTEST_MS[interval] > MAX_PERIODS * 1.2) throw tooMany(interval)
  const touching = periodsTouching(zone, interval, range)
  if (touching.length > MAX_PERIODS) throw tooMany(interval)
  const stretches = touching
    .flatMap((period, index) => period.stretches.map((stretch) => ({ stretch, index })))
    .filter(({ stretch }) => overlaps(stretch, range))
    .sort((a, b) => a.stretch.start - b.stretch.start)
  return {
    periods: touching.map((period) => ({
      label: period.label,
      end: period.end,
      partial: period.start < range.start || period.end > range.end || period.end > asOf,
    })),
    stretchStarts: stretches.map(({ stretch }) => stretch.start / 1000),
    stretchPeriods: stretches.map(({ index }) => index),
  }
}

function tooMany(interval: Interval): QuestionInvalidError {
  return new QuestionInvalidError(
    'interval',
    `the range holds more than ${MAX_PERIODS} periods of a ${interval}; ask for a shorter range or a longer interval`,
  )
}

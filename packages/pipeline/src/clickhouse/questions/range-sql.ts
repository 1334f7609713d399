// A question's range and periods in SQL.
import type { Stretch } from '../../periods/periods.ts'
import type { Statement } from './statement.ts'

const instant = (statement: Statement, ms: number): string =>
  `fromUnixTimestamp64Milli(${statement.bind(ms, 'Int64')}, 'UTC')`

export const notBefore = (statement: Statement, ms: number): string =>
  `event_time >= ${instant(statement, ms)}`

export const before = (statement: Statement, ms: number): string => `event_time < ${instant(statement, ms)}`

export const inRange = (statement: Statement, range: Stretch): string =>
  `${notBefore(statement, range.start)} AND ${before(statement, range.end)}`

/**
 * The index of the period that an instant belongs to. The calendar is ours (src/periods), not the engine's, so that every
 * store and every release of it gives the same periods.
 * @param seconds - SQL of the instant, full seconds since 1970.
 */
export function periodIndex(
  statement: Statement,
  seconds: string,
  stretches: { stretchStarts: readonly number[]; stretchPeriods: readonly number[] },
): string {
  const starts = statement.bind(stretches.stretchStarts, 'Array(Int64)')
  const indexes = statement.bind(stretches.stretchPeriods, 'Array(UInt16)')
  return `transform(roundDown(${seconds}, ${starts}), ${starts}, ${indexes}, toUInt16(0))`
}

export const EVENT_SECONDS = 'toUnixTimestamp64Second(event_time)'

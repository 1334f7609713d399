// What `from`, `to` and `tz` of a question mean. Dates are the zone's; times are instants. Anything that cannot be meant is
// refused with the parameter's name; the defaults are those of docs/api.md §3.
import { parseTimestamp, formatTimestamp } from '../event/timestamp.ts'
import { QuestionInvalidError, type RangeInput } from '../ports/questions.ts'
import { formatDate, parseDate } from './calendar-date.ts'
import { dayBounds, localDay } from './day-bounds.ts'
import type { Stretch } from './periods.ts'
import { openZone, type Zone } from './zone.ts'

/** `range.start` inclusive, `range.end` exclusive. */
export interface ResolvedRange {
  zone: Zone
  range: Stretch
  /** Day numbers, both inclusive; null when one of the two was given as a time. */
  dates: { from: number; to: number } | null
  /** `from` and `to` as a caller may repeat them. */
  query: { from: string; to: string; tz: string }
}

/** Days of the default range, its last day included. */
export const DEFAULT_RANGE_DAYS = 30
// Stores and Date agree on these years with room for every offset.
const FIRST_YEAR = 1901
const LAST_YEAR = 2199

type Edge = { kind: 'date'; day: number } | { kind: 'time'; instant: number }

export function resolveRange(input: RangeInput, now: number): ResolvedRange {
  const zone = readZone(input.tz ?? 'UTC')
  const to = readEdge('to', input.to) ?? { kind: 'date', day: localDay(zone, now) }
  const from = readEdge('from', input.from) ?? {
    kind: 'date',
    day: lastDayOf(zone, to) - (DEFAULT_RANGE_DAYS - 1),
  }
  const range = {
    start: from.kind === 'date' ? dayBounds(zone, from.day).start : from.instant,
    end: to.kind === 'date' ? dayBounds(zone, to.day).end : to.instant,
  }
  if (range.start >= range.end) {
    const parameter = input.from === undefined ? 'to' : 'from'
    throw new QuestionInvalidError(
      parameter,
      `from must be before to, but from ${textOf(from)} to ${textOf(to)} is empty`,
    )
  }
  return {
    zone,
    range,
    dates: from.kind === 'date' && to.kind === 'date' ? { from: from.day, to: to.day } : null,
    query: { from: textOf(from), to: textOf(to), tz: zone.name },
  }
}

function readZone(name: unknown): Zone {
  const zone = typeof name === 'string' ? openZone(name) : null
  if (zone === null) {
    throw new QuestionInvalidError('tz', 'must be the IANA name of a time zone, like Europe/Berlin')
  }
  return zone
}

function readEdge(parameter: 'from' | 'to', text: unknown): Edge | null {
  if (text === undefined || text === null) return null
  const day = typeof text === 'string' ? parseDate(text) : null
  const instant = typeof text === 'string' && day === null ? parseTimestamp(text) : null
  if (day === null && instant === null) {
    throw new QuestionInvalidError(
      parameter,
      'must be a date like 2026-11-22 or an RFC 3339 time with an offset like 2026-11-22T10:00:00Z',
    )
  }
  const year = Number((text as string).slice(0, 4))
  if (year < FIRST_YEAR || year > LAST_YEAR) {
    throw new QuestionInvalidError(parameter, `must be between the years ${FIRST_YEAR} and ${LAST_YEAR}`)
  }
  return day === null ? { kind: 'time', instant: instant as number } : { kind: 'date', day }
}

/** The date of the last instant before the end. */
const lastDayOf = (zone: Zone, to: Edge): number =>
  to.kind === 'date' ? to.day : localDay(zone, to.instant - 1)

const textOf = (edge: Edge): string =>
  edge.kind === 'date' ? formatDate(edge.day) : formatTimestamp(edge.instant)

// From dates to instants and back.
import { DAY_MS, formatDate } from './calendar-date.ts'
import { periodsTouching, type Stretch } from './periods.ts'
import type { Zone } from './zone.ts'

/**
 * First instant of the date, and one past its last. A date that the zone skips has no instant: both are the first
 * instant of the next date that it has.
 */
export function dayBounds(zone: Zone, day: number): Stretch {
  const label = formatDate(day)
  // Offsets reach from -12 h to +14 h, so the date and its neighbours lie inside.
  const around = { start: (day - 1) * DAY_MS, end: (day + 3) * DAY_MS }
  const days = periodsTouching(zone, 'day', around)
  const found = days.find((period) => period.label === label)
  if (found !== undefined) return { start: found.start, end: found.end }
  const next = days.filter((period) => period.label > label).map((period) => period.start)
  const start = Math.min(...next)
  return { start, end: start }
}

/** Day number of the local date at this instant. */
export const localDay = (zone: Zone, instant: number): number =>
  Math.floor((instant + zone.offsetAt(instant)) / DAY_MS)

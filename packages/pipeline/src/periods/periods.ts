// Calendar periods of a zone as stretches of time. A period is all instants with one local hour, date, week or month; that
// is one stretch nearly always, and two where clocks go back over midnight (America/St_Johns did). Hours are told apart by
// their offset as well, so the hour that happens twice makes two periods. What a zone skips makes none.
import { DAY_MS, firstOfMonth, firstOfNextMonth, formatDate, mondayOf } from './calendar-date.ts'
import type { Zone } from './zone.ts'

export type PeriodUnit = 'hour' | 'day' | 'week' | 'month'

/** `end` is exclusive. */
export interface Stretch {
  start: number
  end: number
}

export interface Period {
  /** As answers show it, local to the zone. Unique in a list. */
  label: string
  /** First instant. */
  start: number
  /** One past the last instant. */
  end: number
  /** In order of time. */
  stretches: Stretch[]
}

const HOUR_MS = 3_600_000
// Longer than the longest period, its stretches included: what is wholly inside the widened range is complete.
const WIDEN_MS: Record<PeriodUnit, number> = {
  hour: DAY_MS,
  day: 4 * DAY_MS,
  week: 10 * DAY_MS,
  month: 35 * DAY_MS,
}

/** Every period that has an instant in `[from, to)`, whole, in order of its first instant. */
export function periodsTouching(zone: Zone, unit: PeriodUnit, range: Stretch): Period[] {
  const from = range.start - WIDEN_MS[unit]
  const to = range.end + WIDEN_MS[unit]
  const byLabel = new Map<string, Period>()
  for (const span of zone.offsetsBetween(from, to)) {
    for (let at = span.start; at < span.end;) {
      const local = at + span.offsetMs
      const [localStart, localEnd] = localPeriod(unit, local)
      const stretch = { start: at, end: Math.min(localEnd - span.offsetMs, span.end) }
      addStretch(byLabel, labelOf(unit, localStart, span.offsetMs, zone), stretch)
      at = stretch.end
    }
  }
  return [...byLabel.values()].filter((period) =>
    period.stretches.some((stretch) => overlaps(stretch, range)),
  )
}

export const overlaps = (a: Stretch, b: Stretch): boolean => a.start < b.end && b.start < a.end

function addStretch(byLabel: Map<string, Period>, label: string, stretch: Stretch): void {
  const known = byLabel.get(label)
  if (known === undefined) {
    byLabel.set(label, { label, start: stretch.start, end: stretch.end, stretches: [stretch] })
    return
  }
  const last = known.stretches.at(-1) as Stretch
  if (last.end === stretch.start) last.end = stretch.end
  else known.stretches.push(stretch)
  known.end = stretch.end
}

/** Local start and end, as if local time were UTC. */
function localPeriod(unit: PeriodUnit, local: number): [number, number] {
  if (unit === 'hour') {
    const start = Math.floor(local / HOUR_MS) * HOUR_MS
    return [start, start + HOUR_MS]
  }
  const day = Math.floor(local / DAY_MS)
  if (unit === 'day') return [day * DAY_MS, (day + 1) * DAY_MS]
  if (unit === 'week') return [mondayOf(day) * DAY_MS, (mondayOf(day) + 7) * DAY_MS]
  return [firstOfMonth(day) * DAY_MS, firstOfNextMonth(day) * DAY_MS]
}

function labelOf(unit: PeriodUnit, localStart: number, offsetMs: number, zone: Zone): string {
  const date = formatDate(Math.floor(localStart / DAY_MS))
  if (unit === 'month') return date.slice(0, 7)
  if (unit !== 'hour') return date
  const hour = new Date(localStart).toISOString().slice(11, 13)
  return `${date}T${hour}:00:00${zone.isUtc ? 'Z' : offsetText(offsetMs)}`
}

/** `+05:45`; seconds only where an offset has them (before 1972). */
function offsetText(offsetMs: number): string {
  const seconds = Math.abs(offsetMs) / 1000
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const text = `${two(seconds / 3600)}:${two((seconds / 60) % 60)}`
  return (offsetMs < 0 ? '-' : '+') + text + (seconds % 60 === 0 ? '' : `:${two(seconds % 60)}`)
}

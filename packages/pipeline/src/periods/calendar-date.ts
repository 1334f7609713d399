// Calendar dates as day numbers: days since 1970-01-01 in the calendar, without any zone.

export const DAY_MS = 86_400_000

const PATTERN = /^(\d{4})-(\d{2})-(\d{2})$/

/** The day number of `2026-11-22`, or null for text that is no date of the calendar. */
export function parseDate(text: string): number | null {
  const match = PATTERN.exec(text)
  if (match === null) return null
  const date = new Date(`${text}T00:00:00.000Z`)
  // The parser of Date rolls 2026-02-30 over into March.
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text) return null
  return date.getTime() / DAY_MS
}

/** `2026-11-22` */
export const formatDate = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

/** The Monday of the day's ISO week. Day 0 was a Thursday. */
export const mondayOf = (day: number): number => day - ((((day + 3) % 7) + 7) % 7)

/** The first day of the day's month. */
export function firstOfMonth(day: number): number {
  const date = new Date(day * DAY_MS)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / DAY_MS
}

/** The first day of the month after the day's. */
export function firstOfNextMonth(day: number): number {
  const date = new Date(day * DAY_MS)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS
}

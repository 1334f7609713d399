// RFC 3339 times with an offset, by position. Digits beyond milliseconds are cut; a leap second (":60") is not accepted.

const PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:([Zz])|([+-])(\d{2}):(\d{2}))$/

/** Milliseconds since 1970, or null for text that is no possible RFC 3339 time with an offset. */
export function parseTimestamp(text: string): number | null {
  const match = PATTERN.exec(text)
  if (match === null) return null
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction = '',
    ,
    sign,
    offsetHour = '0',
    offsetMinute = '0',
  ] = match
  const dayNumber = Number(day)
  const offset = Number(offsetHour) * 60 + Number(offsetMinute)
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return null
  const midnight = utcMidnight(Number(year), Number(month), dayNumber)
  if (midnight === null) return null
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const time = midnight + Number(hour) * 3_600_000 + Number(minute) * 60_000 + Number(second) * 1000 + ms
  return sign === '-' ? time + offset * 60_000 : time - offset * 60_000
}

/** First instant of a UTC day, or null for a day that no calendar has. */
function utcMidnight(year: number, month: number, day: number): number | null {
  if (month < 1 || month > 12 || day < 1) return null
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day) // Date.UTC would read years below 100 as 19xx
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : null
}

/** `2026-11-22T10:00:00.000Z` */
export const formatTimestamp = (ms: number): string => new Date(ms).toISOString()

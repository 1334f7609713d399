// RFC 3339 times read by position from bytes: no text, no regular expression. Agrees with pipeline's `parseTimestamp` on
// every input (timestamp-bytes.test.ts holds the two together).

const DAY_MS = 86_400_000
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const
// Days from the first day of year 0 (proleptic Gregorian) to 1970-01-01.
const DAYS_TO_1970 = 719_528

/** Two digits as a number, or -1. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 0x30
  const ones = (bytes[at + 1] as number) - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}

/** First instant of a UTC day, or NaN for a day that no calendar has. */
function midnight(year: number, month: number, day: number): number {
  if (month < 1 || month > 12 || day < 1) return NaN
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const last = month === 2 && leap ? 29 : (DAYS_IN_MONTH[month - 1] as number)
  if (day > last) return NaN
  // Leap days of the years before this one; year 0 is one.
  const before =
    year === 0 ? 0 : (((year - 1) / 4) | 0) - (((year - 1) / 100) | 0) + (((year - 1) / 400) | 0) + 1
  const dayOfYear = (DAYS_BEFORE_MONTH[month - 1] as number) + day - 1 + (leap && month > 2 ? 1 : 0)
  return (year * 365 + before + dayOfYear - DAYS_TO_1970) * DAY_MS
}

/** Milliseconds since 1970 of the text between `start` and `end`, or NaN when it is no possible time with an offset. */
export function parseTimestampBytes(bytes: Uint8Array, start: number, end: number): number {
  // 2026-11-22T10:00:00Z is the shortest.
  if (end - start < 20) return NaN
  const century = twoDigits(bytes, start)
  const yearOfCentury = twoDigits(bytes, start + 2)
  const hour = twoDigits(bytes, start + 11)
  const minute = twoDigits(bytes, start + 14)
  const second = twoDigits(bytes, start + 17)
  if (century < 0 || yearOfCentury < 0 || hour < 0 || minute < 0 || second < 0) return NaN
  if (bytes[start + 4] !== 0x2d || bytes[start + 7] !== 0x2d) return NaN
  const separator = bytes[start + 10]
  if (separator !== 0x54 && separator !== 0x74 && separator !== 0x20) return NaN
  if (bytes[start + 13] !== 0x3a || bytes[start + 16] !== 0x3a) return NaN
  if (hour > 23 || minute > 59 || second > 59) return NaN
  const day = midnight(
    century * 100 + yearOfCentury,
    twoDigits(bytes, start + 5),
    twoDigits(bytes, start + 8),
  )
  let at = start + 19
  let ms = 0
  if (bytes[at] === 0x2e) {
    const fraction = ++at
    let weight = 100
    for (; at < end; at++) {
      const digit = (bytes[at] as number) - 0x30
      if (digit < 0 || digit > 9) break
      ms += digit * weight
      weight = weight === 100 ? 10 : weight === 10 ? 1 : 0
    }
    if (at === fraction) return NaN
  }
  const offset = offsetMinutes(bytes, at, end)
  return day + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms - offset * 60_000
}

/** Minutes east of UTC said by the offset that fills `at`..`end`, or NaN. */
function offsetMinutes(bytes: Uint8Array, at: number, end: number): number {
  const sign = bytes[at]
  if (end - at === 1) return sign === 0x5a || sign === 0x7a ? 0 : NaN
  if (end - at !== 6 || bytes[at + 3] !== 0x3a) return NaN
  const hours = twoDigits(bytes, at + 1)
  const minutes = twoDigits(bytes, at + 4)
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return NaN
  if (sign === 0x2b) return hours * 60 + minutes
  return sign === 0x2d ? -(hours * 60 + minutes) : NaN
}

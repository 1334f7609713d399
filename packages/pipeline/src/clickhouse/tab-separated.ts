// Values as ClickHouse's TabSeparated wants them. Every Unicode text survives: tab, newline, carriage return, NUL and backslash
// are escaped, lone surrogates become U+FFFD where the text is turned into bytes.

const SPECIAL = /[\0\t\n\r\\]/
const SPECIALS = /[\0\t\n\r\\]/g
const ESCAPED: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\\': '\\\\',
}

/** One text value. */
export const tsvText = (text: string): string =>
  SPECIAL.test(text) ? text.replace(SPECIALS, (character) => ESCAPED[character] ?? character) : text

/** NULL. */
export const TSV_NULL = '\\N'

/** First and last instant (exclusive) that a DateTime64(3) column keeps: years 1900 to 2299. */
export const MIN_TIME_MS = Date.UTC(1900, 0, 1)
export const MAX_TIME_MS = Date.UTC(2300, 0, 1)

/** Whether the column would keep the time as it is; others it would move silently to another year. */
export const isStorableTime = (ms: number): boolean =>
  Number.isInteger(ms) && ms >= MIN_TIME_MS && ms < MAX_TIME_MS

/** A DateTime64(3). Exactly ten digits of seconds: fewer could be read as a year, more are no time; a date costs more to write. */
export function tsvTime(ms: number): string {
  if (ms < 0 || ms >= 1e13) return new Date(ms).toISOString().slice(0, 23).replace('T', ' ')
  const seconds = Math.floor(ms / 1000)
  return `${String(seconds).padStart(10, '0')}.${String(ms - seconds * 1000).padStart(3, '0')}`
}

// Values as ClickHouse's format Values wants them. Every Unicode text survives: quote, backslash, tab, newline, carriage return and
// NUL are escaped, lone surrogates become U+FFFD where the text is turned into bytes.

const SPECIAL = /[\0\t\n\r'\\]/
const SPECIALS = /[\0\t\n\r'\\]/g
const ESCAPED: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  "'": "\\'",
  '\\': '\\\\',
}

/** One text, in quotes. */
export const quotedText = (text: string): string =>
  SPECIAL.test(text)
    ? `'${text.replace(SPECIALS, (character) => ESCAPED[character] ?? character)}'`
    : `'${text}'`

/** First and last instant (exclusive) that a DateTime64(3) column keeps: years 1900 to 2299. */
const MIN_TIME_MS = Date.UTC(1900, 0, 1)
const MAX_TIME_MS = Date.UTC(2300, 0, 1)

/** Whether the column would keep the time as it is; others it would move silently to another year. */
export const isStorableTime = (ms: number): boolean =>
  Number.isInteger(ms) && ms >= MIN_TIME_MS && ms < MAX_TIME_MS

/**
 * A DateTime64(3), without quotes. Exactly ten digits of seconds: fewer could be read as a year, more are no time. Others are written
 * as dates, which cost more.
 */
export function timeText(ms: number): string {
  if (ms < 0 || ms >= 1e13) return new Date(ms).toISOString().slice(0, 23).replace('T', ' ')
  const seconds = Math.floor(ms / 1000)
  return `${String(seconds).padStart(10, '0')}.${String(ms - seconds * 1000).padStart(3, '0')}`
}

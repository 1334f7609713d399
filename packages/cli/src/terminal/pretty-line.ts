// One JSON log line as people read it: time, level, message, and the remaining fields as key=value.

const LEVELS: Readonly<Record<number, string>> = {
  10: '\u001B[90mtrace\u001B[39m',
  20: '\u001B[90mdebug\u001B[39m',
  30: '\u001B[32minfo \u001B[39m',
  40: '\u001B[33mwarn \u001B[39m',
  50: '\u001B[31merror\u001B[39m',
  60: '\u001B[35mfatal\u001B[39m',
}
const OWN_PLACE = new Set(['level', 'time', 'msg', 'event', 'thread', 'err'])

interface LogEntry {
  level: number
  time: string
  msg?: string
  event?: string
  err?: { stack?: string; message?: string }
  [field: string]: unknown
}

/** A line that is no JSON is left as it is. */
export function prettyLine(line: string): string {
  let entry: LogEntry
  try {
    entry = JSON.parse(line) as LogEntry
  } catch {
    return line
  }
  const fields = Object.entries(entry)
    .filter(([name]) => !OWN_PLACE.has(name))
    .map(
      ([name, value]) =>
        ` \u001B[90m${name}=\u001B[39m${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join('')
  const { err } = entry
  const trace = err === undefined ? '' : `\n${err.stack ?? err.message ?? ''}`
  const time = entry.time.slice(11, 23)
  const message = entry.msg ?? entry.event ?? ''
  return `${time} ${LEVELS[entry.level] ?? entry.level} ${message}${fields}${trace}\n`
}

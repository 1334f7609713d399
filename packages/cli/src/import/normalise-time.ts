// Times as files hold them, in the form the contract wants. What is not recognised is left as it is, for the server to refuse.

const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)? ?(.*)$/
const EPOCH_SECONDS = /^\d{9,10}$/
const EPOCH_MS = /^\d{12,13}$/
const OFFSET = /^([+-])(\d{2}):?(\d{2})?$/

/** A time without a zone is UTC. */
export function normaliseTime(text: string): string {
  const time = text.trim()
  if (EPOCH_SECONDS.test(time)) return new Date(Number(time) * 1000).toISOString()
  if (EPOCH_MS.test(time)) return new Date(Number(time)).toISOString()
  if (DATE.test(time)) return `${time}T00:00:00Z`
  const match = DATE_TIME.exec(time)
  if (match === null) return text
  const [, date, minutes, seconds = ':00', zone = ''] = match as unknown as [
    string,
    string,
    string,
    string?,
    string?,
  ]
  const offset = readZone(zone)
  return offset === null ? text : `${date}T${minutes}${seconds}${offset}`
}

function readZone(zone: string): string | null {
  if (zone === '' || /^(z|utc|gmt)$/i.test(zone)) return 'Z'
  const match = OFFSET.exec(zone)
  return match === null ? null : `${match[1] as string}${match[2] as string}:${match[3] ?? '00'}`
}

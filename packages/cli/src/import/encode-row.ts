// One row of the file as the JSON text of an event.
import { LIMITS, type JsonValue, parseUuid } from '@penstock/contract'
import { idFromText } from './event-id.ts'
import { type Mapping, mapRow } from './mapping.ts'
import { normaliseTime } from './normalise-time.ts'
import type { FileFormat, FileRow } from './read-rows.ts'

export type EncodedRow = { line: number; json: string } | RefusedLine

export interface RefusedLine {
  line: number
  code: string
  message: string
}

export const isRefused = (row: EncodedRow): row is RefusedLine => 'code' in row

/** `lineId` is used when the row brings no id of its own. */
export function encodeRow(
  row: FileRow,
  context: { format: FileFormat; mapping: Mapping; project: string; lineId: string },
): EncodedRow {
  const { line, fields } = row
  if (fields === null)
    return { line, code: 'line_unreadable', message: row.problem ?? 'the line cannot be read' }
  const json =
    context.format === 'ndjson' && context.mapping.columns.length === 0
      ? encodeEvent(row.content, fields, context)
      : encodeMapped(mapRow(fields, context.mapping), context)
  const bytes = Buffer.byteLength(json)
  if (bytes <= LIMITS.maxEventBytes) return { line, json }
  return {
    line,
    code: 'event_too_large',
    message: `the event has ${bytes} bytes; at most ${LIMITS.maxEventBytes} are allowed`,
  }
}

function encodeMapped(
  event: Record<string, JsonValue>,
  { project, lineId }: { project: string; lineId: string },
): string {
  const own = event['event_id']
  const text = typeof own === 'number' ? String(own) : own
  const id = typeof text !== 'string' ? lineId : parseUuid(text) === null ? idFromText(project, text) : text
  for (const name of ['user_id', 'anonymous_id', 'session_id', 'group_id', 'previous_id']) {
    if (typeof event[name] === 'number') event[name] = String(event[name]) // ids that a database counts
  }
  return JSON.stringify({ ...event, event_id: id, ...timestampOf(event['timestamp']) })
}

/** Keeps the line's own text wherever it can: reading and writing it again would round long numbers. */
function encodeEvent(
  content: string,
  fields: Readonly<Record<string, unknown>>,
  { mapping, lineId }: { mapping: Mapping; lineId: string },
): string {
  const added: Record<string, JsonValue> = {}
  if (isMissing(fields['event_id'])) added['event_id'] = lineId
  if (isMissing(fields['type'])) added['type'] = mapping.defaultType
  const time = timestampOf(fields['timestamp'])
  if ('timestamp' in time && time.timestamp !== fields['timestamp']) {
    return JSON.stringify({ ...fields, ...added, ...time })
  }
  // A field that is there as null must go, or the one added in front of it would lose.
  if (Object.keys(added).some((name) => name in fields)) return JSON.stringify({ ...fields, ...added })
  const head = JSON.stringify(added).slice(0, -1)
  const rest = content.trim().slice(1)
  if (head === '{') return content.trim()
  return rest.trimStart() === '}' ? `${head}}` : `${head},${rest}`
}

function timestampOf(value: unknown): { timestamp?: string } {
  if (typeof value === 'number' && Number.isInteger(value)) return { timestamp: normaliseTime(String(value)) }
  return typeof value === 'string' ? { timestamp: normaliseTime(value) } : {}
}

const isMissing = (value: unknown): boolean => value === undefined || value === null

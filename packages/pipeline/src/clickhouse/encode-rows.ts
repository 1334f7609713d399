// Rows of the port in the format Values, which costs the engine least to read and no more to write than others (measured in
// docs/decisions/0006-clickhouse-in-process.md). The column lists are the order of the values.
import { formatUuid } from '@penstock/contract'
import { PipelineError } from '../errors.ts'
import type { ColdLink, ColdRow } from '../ports/cold-store.ts'
import { isStorableTime, quotedText, timeText } from './values-text.ts'

/** Name and type of every inserted column, in the order of the encoded values. */
export const EVENT_COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ['project_id', 'String'],
  ['event_id', 'UUID'],
  ['type', 'String'],
  ['name', 'String'],
  ['event', 'String'],
  ['page_name', 'Nullable(String)'],
  ['event_time', "DateTime64(3, 'UTC')"],
  ['received_at', "DateTime64(3, 'UTC')"],
  ['original_timestamp', "Nullable(DateTime64(3, 'UTC'))"],
  ['original_ms', 'Nullable(Int64)'],
  ['user_id', 'String'],
  ['anonymous_id', 'String'],
  ['previous_id', 'String'],
  ['group_id', 'String'],
  ['session_id', 'Nullable(String)'],
  ['seq', 'Nullable(UInt64)'],
  ['properties', 'String'],
  ['traits', 'String'],
  ['context', 'String'],
  ['batch', 'String'],
]

export const LINK_COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ['project_id', 'String'],
  ['anonymous_id', 'String'],
  ['user_id', 'String'],
  ['event_time', "DateTime64(3, 'UTC')"],
  ['event_id', 'UUID'],
  ['batch', 'String'],
]

// One join per row: half the time of adding up one long text, which becomes a tree of 40 pieces a row.

/** @throws PipelineError `rejected` when a time is outside what the column keeps. */
export function encodeEvents(rows: readonly ColdRow[], batch: string): string {
  const texts = rows.map((row) =>
    [
      quotedText(row.projectId),
      `'${formatUuid(row.eventId)}'`,
      quotedText(row.type),
      quotedText(row.name),
      quotedText(row.event),
      row.pageName === null ? 'NULL' : quotedText(row.pageName),
      time(row.eventTime, 'event_time'),
      time(row.receivedAt, 'received_at'),
      ...original(row.originalTimestamp),
      quotedText(row.userId),
      quotedText(row.anonymousId),
      quotedText(row.previousId),
      quotedText(row.groupId),
      row.sessionId === null ? 'NULL' : quotedText(row.sessionId),
      row.seq === null ? 'NULL' : row.seq.toFixed(0),
      quotedText(row.properties),
      quotedText(row.traits),
      quotedText(row.context),
      `'${batch}'`,
    ].join(','),
  )
  return tuples(texts)
}

/** @throws PipelineError `rejected` when a time is outside what the column keeps. */
export function encodeLinks(links: readonly ColdLink[], batch: string): string {
  const texts = links.map((link) =>
    [
      quotedText(link.projectId),
      quotedText(link.anonymousId),
      quotedText(link.userId),
      time(link.eventTime, 'event_time'),
      `'${formatUuid(link.eventId)}'`,
      `'${batch}'`,
    ].join(','),
  )
  return tuples(texts)
}

const tuples = (texts: readonly string[]): string => `(${texts.join('),(')})`

/** `original_timestamp` where it can hold the time, for readers of the release before, and `original_ms`. */
function original(ms: number | null): [timestamp: string, ms: string] {
  if (ms === null) return ['NULL', 'NULL']
  return [isStorableTime(ms) ? `'${timeText(ms)}'` : 'NULL', ms.toFixed(0)]
}

function time(ms: number, column: string): string {
  if (!isStorableTime(ms)) {
    throw new PipelineError('rejected', 'cold', `${column} is outside the years 1900 to 2299.`)
  }
  return `'${timeText(ms)}'`
}

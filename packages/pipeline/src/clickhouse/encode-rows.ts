// Rows of the port as lines of TabSeparated, the format that costs least to write here and to read there (measured in
// docs/decisions/0006-clickhouse-in-process.md). The column lists are the order of the values.
import { formatUuid } from '@penstock/contract'
import { PipelineError } from '../errors.ts'
import type { ColdLink, ColdRow } from '../ports/cold-store.ts'
import { isStorableTime, TSV_NULL, tsvText, tsvTime } from './tab-separated.ts'

/** Name and type of every inserted column, in the order of the encoded values. */
export const EVENT_COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ['project_id', 'String'],
  ['event_id', 'UUID'],
  ['type', 'String'],
  ['name', 'String'],
  ['event', 'String'],
  ['page_name', 'String'],
  ['event_time', "DateTime64(3, 'UTC')"],
  ['received_at', "DateTime64(3, 'UTC')"],
  ['original_timestamp', "Nullable(DateTime64(3, 'UTC'))"],
  ['user_id', 'String'],
  ['anonymous_id', 'String'],
  ['previous_id', 'String'],
  ['group_id', 'String'],
  ['session_id', 'String'],
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
  const lines = rows.map((row) =>
    [
      tsvText(row.projectId),
      formatUuid(row.eventId),
      tsvText(row.type),
      tsvText(row.name),
      tsvText(row.event),
      tsvText(row.pageName),
      time(row.eventTime, 'event_time'),
      time(row.receivedAt, 'received_at'),
      row.originalTimestamp === null ? TSV_NULL : time(row.originalTimestamp, 'original_timestamp'),
      tsvText(row.userId),
      tsvText(row.anonymousId),
      tsvText(row.previousId),
      tsvText(row.groupId),
      tsvText(row.sessionId),
      row.seq === null ? TSV_NULL : row.seq.toFixed(0),
      tsvText(row.properties),
      tsvText(row.traits),
      tsvText(row.context),
      batch,
    ].join('\t'),
  )
  return lines.join('\n') + '\n'
}

/** @throws PipelineError `rejected` when a time is outside what the column keeps. */
export function encodeLinks(links: readonly ColdLink[], batch: string): string {
  let text = ''
  for (const link of links) {
    text += `${tsvText(link.projectId)}\t${tsvText(link.anonymousId)}\t${tsvText(link.userId)}\t`
    text += `${time(link.eventTime, 'event_time')}\t${formatUuid(link.eventId)}\t${batch}\n`
  }
  return text
}

function time(ms: number, column: string): string {
  if (!isStorableTime(ms)) {
    throw new PipelineError('rejected', 'cold', `${column} is outside the years 1900 to 2299.`)
  }
  return tsvTime(ms)
}

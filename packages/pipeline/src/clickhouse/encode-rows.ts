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

/** @throws PipelineError `rejected` when a time is outside what the column keeps. */
export function encodeEvents(rows: readonly ColdRow[], batch: string): string {
  let text = ''
  for (const row of rows) {
    text +=
      tsvText(row.projectId) +
      '\t' +
      formatUuid(row.eventId) +
      `\t${row.type}\t` +
      tsvText(row.name) +
      '\t' +
      tsvText(row.event) +
      '\t' +
      tsvText(row.pageName) +
      '\t' +
      time(row.eventTime, 'event_time') +
      '\t' +
      time(row.receivedAt, 'received_at') +
      '\t' +
      (row.originalTimestamp === null ? TSV_NULL : time(row.originalTimestamp, 'original_timestamp')) +
      '\t' +
      tsvText(row.userId) +
      '\t' +
      tsvText(row.anonymousId) +
      '\t' +
      tsvText(row.previousId) +
      '\t' +
      tsvText(row.groupId) +
      '\t' +
      tsvText(row.sessionId) +
      '\t' +
      (row.seq === null ? TSV_NULL : row.seq.toFixed(0)) +
      '\t' +
      tsvText(row.properties) +
      '\t' +
      tsvText(row.traits) +
      '\t' +
      tsvText(row.context) +
      `\t${batch}\n`
  }
  return text
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

// Every event of a range as it was sent, in the order of (event time, text of the event id), without holding them all.
import type { StoredEvent } from '@penstock/contract'
import { storedEventOf, STORED_COLUMNS, type StoredColumns } from './stored-columns.ts'
import { resolveRange } from '../../periods/range.ts'
import type { ColdQuery, ColdReader } from '../../ports/cold-store.ts'
import type { EventExport, ExportInput, QuestionContext } from '../../ports/questions.ts'
import { filterCondition } from './filter-sql.ts'
import { readFilters } from './filters.ts'
import { readEventName } from './parameters.ts'
import { inRange } from './range-sql.ts'
import { createStatement } from './statement.ts'

export function exportEvents(reader: ColdReader, input: ExportInput, context: QuestionContext): EventExport {
  const event = readEventName('event', input.event)
  const filters = readFilters(input.filters)
  const { range } = resolveRange(input, context.now)
  const statement = createStatement(context.projectId)
  const seen = [
    statement.ofProject,
    inRange(statement, range),
    ...(event === null ? [] : [`name = ${statement.bind(event, 'String')}`]),
    filterCondition(statement, filters),
  ].join(' AND ')
  // The table is sorted by time, so only events of one millisecond are sorted here. ClickHouse orders UUIDs differently.
  const sql = `SELECT ${STORED_COLUMNS} FROM events_v1 WHERE ${seen} ORDER BY event_time, toUInt128(event_id)`
  const signal = context.signal === undefined ? {} : { signal: context.signal }
  return { range, events: readEvents(reader, { sql, params: statement.params, ...signal }) }
}

async function* readEvents(reader: ColdReader, query: ColdQuery): AsyncGenerator<StoredEvent[]> {
  for await (const rows of reader.stream<StoredColumns>(query)) yield rows.map(storedEventOf)
}

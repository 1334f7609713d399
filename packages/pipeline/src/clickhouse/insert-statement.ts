// The text of an insert. Settings stand in the statement and nowhere else: given to the client they would stick to an
// in-process connection, and the token of one insert would silently swallow the next. Everything put into the text is ours and
// checked: tokens of [A-Za-z0-9_-], integers, column names.
import type { ColdInsert } from '../ports/cold-store.ts'

const TOKEN = /^[A-Za-z0-9_-]{1,64}$/

/** Throws a plain error, ours to mend, when a token could not stand in a statement. */
export function checkedToken(token: string): string {
  if (!TOKEN.test(token)) throw new Error('a batch or attempt token must be 1-64 of [A-Za-z0-9_-]')
  return token
}

// async_insert would answer before the rows are written. One thread and no parallel parsing keep the rows one block, in order;
// the block sizes are far above what a plan holds. A value that is no plain literal is an error and never evaluated.
const SETTINGS =
  'async_insert = 0, max_threads = 1, max_insert_threads = 1, input_format_parallel_parsing = 0, ' +
  'max_insert_block_size = 1048576, min_insert_block_size_rows = 1048576, min_insert_block_size_bytes = 268435456, ' +
  "input_format_values_interpret_expressions = 0, date_time_overflow_behavior = 'throw', insert_deduplicate = 1"

export interface InsertTarget {
  table: string
  columns: readonly (readonly [name: string, type: string])[]
  /** Appended to the attempt token: what the insert is a part of. */
  part: string
}

/**
 * An INSERT whose data follows in the format Values.
 * @param fenced - the rows go through a condition that throws when a higher epoch of the partition stands in `fences_v1`.
 */
export function insertStatement(target: InsertTarget, insert: ColdInsert, fenced: boolean): string {
  const names = target.columns.map(([name]) => name).join(', ')
  const token = `${checkedToken(insert.attemptToken)}/${target.part}`
  const head = `INSERT INTO ${target.table} (${names}) SETTINGS ${SETTINGS}, insert_deduplication_token = '${token}'`
  if (!fenced) return `${head} FORMAT Values`
  const structure = target.columns.map(([name, type]) => `${name} ${type.replaceAll("'", "''")}`).join(', ')
  const epoch = `(SELECT max(epoch) FROM fences_v1 WHERE partition = ${insert.partition.toFixed(0)})`
  const refused = `throwIf(${epoch} > ${insert.epoch.toFixed(0)}, 'fenced')`
  return `${head} SELECT ${names} FROM input('${structure}') WHERE NOT ${refused} FORMAT Values`
}

// One statement to the reader, and numbers back out of it.
import type { ColdReader, ColdStats } from '../../ports/cold-store.ts'
import type { QuestionContext } from '../../ports/questions.ts'
import type { Statement } from './statement.ts'

/** 64-bit integers arrive as texts or numbers, by a setting of the store; counts fit a double either way. */
export type Count = string | number

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows its SELECT
export async function ask<Row>(
  reader: ColdReader,
  context: QuestionContext,
  statement: Statement,
  sql: string,
): Promise<{ rows: Row[]; stats: ColdStats }> {
  return reader.query<Row>({
    sql,
    params: statement.params,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  })
}

/** An array of zeros, then each count at its index. */
export function spread(size: number, entries: Iterable<readonly [number, Count]>): number[] {
  const out = new Array<number>(size).fill(0)
  for (const [index, count] of entries) out[index] = (out[index] ?? 0) + Number(count)
  return out
}

export const addStats = (a: ColdStats, b: ColdStats): ColdStats => ({
  elapsedMs: a.elapsedMs + b.elapsedMs,
  rowsRead: a.rowsRead + b.rowsRead,
})

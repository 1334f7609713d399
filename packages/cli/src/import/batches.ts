// Groups rows into bodies for the import endpoint. Refused rows ride along, so that a batch stands for a stretch of the file.
import { isRefused, type EncodedRow, type RefusedLine } from './encode-row.ts'

const MAX_EVENTS = 1000
const MAX_BYTES = 1_048_576 // decoded; a quarter of what the server takes, so that several fit in flight

export interface Batch {
  /** Rows of the file before this batch. */
  afterRow: number
  /** Rows of the file up to and including this batch, refused ones counted. */
  throughRow: number
  lines: readonly number[]
  events: readonly string[]
  refused: readonly RefusedLine[]
}

export async function* toBatches(rows: AsyncIterable<EncodedRow>, firstRow: number): AsyncGenerator<Batch> {
  let row = firstRow
  let batch = emptyBatch(firstRow)
  for await (const encoded of rows) {
    if (!isRefused(encoded) && batch.bytes + encoded.json.length * 3 > MAX_BYTES && batch.events.length > 0) {
      yield { ...batch, throughRow: row }
      batch = emptyBatch(row)
    }
    row += 1
    if (isRefused(encoded)) batch.refused.push(encoded)
    else {
      batch.lines.push(encoded.line)
      batch.events.push(encoded.json)
      batch.bytes += Buffer.byteLength(encoded.json)
    }
    if (batch.events.length + batch.refused.length >= MAX_EVENTS) {
      yield { ...batch, throughRow: row }
      batch = emptyBatch(row)
    }
  }
  if (batch.events.length + batch.refused.length > 0) yield { ...batch, throughRow: row }
}

const emptyBatch = (afterRow: number) => ({
  afterRow,
  lines: [] as number[],
  events: [] as string[],
  refused: [] as RefusedLine[],
  bytes: 0,
})

// The state row of a partition, changed only under its epoch.
import { PipelineError, type StateChange, type StateRow, type Totals } from '@penstock/pipeline'
import { decodeRecord, encodeRecord } from './json-record.ts'
import type { StateTables } from './state-environment.ts'

const NO_TOTALS: Totals = { events: 0, stored: 0, duplicates: 0, deadLetters: 0 }

export function readStateRow({ partitions }: StateTables, partition: number): StateRow | null {
  const bytes = partitions.get(rowKey(partition))
  return bytes === undefined ? null : decodeRecord<StateRow>(bytes).value
}

/** Inside a write transaction: raises the epoch. */
export function acquireStateRow(tables: StateTables, partition: number): StateRow {
  const held = readStateRow(tables, partition) ?? zeroRow(partition)
  const row = { ...held, epoch: held.epoch + 1 }
  tables.partitions.putSync(rowKey(partition), encodeRecord(row))
  return row
}

/** Inside a write transaction, first: throws `fenced` unless the row has this epoch. */
export function holdStateRow(tables: StateTables, partition: number, epoch: number): StateRow {
  const row = readStateRow(tables, partition)
  if (row?.epoch === epoch) return row
  throw new PipelineError(
    'fenced',
    'state',
    `partition ${partition} is held under epoch ${row?.epoch ?? 0}, not ${epoch}`,
  )
}

export function changeStateRow(tables: StateTables, row: StateRow, change: StateChange): void {
  tables.partitions.putSync(rowKey(row.partition), encodeRecord({ ...row, ...change }))
}

const zeroRow = (partition: number): StateRow => ({
  partition,
  epoch: 0,
  hotThrough: 0,
  hotTotals: NO_TOTALS,
  coldPlan: null,
  coldThrough: 0,
  coldTotals: NO_TOTALS,
})

function rowKey(partition: number): Buffer {
  const key = Buffer.allocUnsafe(4)
  key.writeUInt32BE(partition)
  return key
}

// The state row of a partition, changed by lightweight transactions only: compare-and-set on the epoch. Every change counts
// `changes` up and is conditional on it as well, so that one which a server finishes long after its client gave up can never undo a
// later one. One transaction at a time per partition in this process: they would only get in each other's way.
// A transaction whose outcome is not known is never simply sent again: a SERIAL read, which ends what was left undecided, tells.
import { PipelineError } from '../errors.ts'
import type { ColdPlan, StateChange, StateRow, Totals } from '../ports/worker-state.ts'
import type { Cql, CqlRow, CqlValue } from './cql.ts'
import type { Statement, Statements } from './statements.ts'

/** The row with what only this adapter and the leases know. */
export interface StoredRow extends StateRow {
  changes: number
  /** Empty: free. */
  holder: string
  renewals: number
}

export interface StateRows {
  read(partition: number): Promise<StoredRow | null>
  /** Throws `fenced` unless the row has this epoch. */
  hold(partition: number, epoch: number): Promise<void>
  acquire(partition: number): Promise<StateRow>
  change(partition: number, epoch: number, change: StateChange): Promise<void>
  /**
   * Sends a transaction until the decided row satisfies `isDone`. Gives the row, or null when `isOver` says that it never will.
   */
  decide(partition: number, transaction: Transaction): Promise<StoredRow | null>
}

export interface Transaction {
  request: { statement: Statement; params: readonly CqlValue[] }
  isDone: (row: StoredRow | null) => boolean
  isOver: (row: StoredRow | null) => boolean
}

const NO_TOTALS: Totals = { events: 0, stored: 0, duplicates: 0, deadLetters: 0 }
// Each round that is not the last one means that another writer was quicker.
const MOST_ROUNDS = 20

export function createStateRows(cql: Cql, statements: Statements): StateRows {
  const tails = new Map<number, Promise<unknown>>()
  /** `changes` after our last change, by partition: what the next one will find unless another process holds it by now. */
  const known = new Map<number, { epoch: number; changes: number }>()

  /** One at a time per partition. */
  function inTurn<T>(partition: number, work: () => Promise<T>): Promise<T> {
    const before = tails.get(partition) ?? Promise.resolve()
    const mine = before.then(work, work)
    tails.set(
      partition,
      mine.catch(() => undefined),
    )
    return mine
  }

  async function read(partition: number): Promise<StoredRow | null> {
    const [row] = await cql.read('state', { statement: statements.stateRow, params: [partition] })
    return row === undefined ? null : decodeRow(row)
  }

  async function readDecided(partition: number): Promise<StoredRow | null> {
    const [row] = await cql.readDecided({ statement: statements.stateRow, params: [partition] })
    return row === undefined ? null : decodeRow(row)
  }

  async function hold(partition: number, epoch: number): Promise<void> {
    const row = await read(partition)
    if (row?.epoch !== epoch) throw fenced(partition, row, epoch)
  }

  async function decideNow(partition: number, transaction: Transaction): Promise<StoredRow | null> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      await cql.conditional(transaction.request)
      // Applied, refused or unknown: the decided row says what holds now.
      const seen = await readDecided(partition)
      if (transaction.isDone(seen)) return seen
      if (transaction.isOver(seen)) return null
    }
    throw new PipelineError('overloaded', 'state', `partition ${partition} is changed by too many at once`)
  }

  async function acquireNow(partition: number): Promise<StateRow> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const row = await readDecided(partition)
      const outcome = await cql.conditional(
        row === null
          ? { statement: statements.makeStateRow, params: newRow(partition, '') }
          : {
              statement: statements.acquireStateRow,
              params: [BigInt(row.epoch + 1), partition, BigInt(row.epoch)],
            },
      )
      // Not known to be ours: raise it once more.
      if (outcome !== 'applied') continue
      const taken = await readDecided(partition)
      if (taken?.epoch === (row?.epoch ?? 0) + 1) return stateRowOf(taken)
    }
    throw new PipelineError('overloaded', 'state', `partition ${partition} is taken by too many at once`)
  }

  async function changeNow(partition: number, epoch: number, change: StateChange): Promise<void> {
    const last = known.get(partition)
    let changes = last?.epoch === epoch ? last.changes : null
    known.delete(partition)
    for (let round = 0; round < MOST_ROUNDS; round++) {
      if (changes !== null) {
        const params = changeParams({ partition, epoch, change, changes })
        const outcome = await cql.conditional({ statement: statements.changeStateRow, params })
        if (outcome === 'applied') {
          known.set(partition, { epoch, changes: changes + 1 })
          return
        }
      }
      const row = await readDecided(partition)
      if (row?.epoch !== epoch) throw fenced(partition, row, epoch)
      if (changes !== null && holds(row, change)) {
        known.set(partition, { epoch, changes: row.changes })
        return
      }
      changes = row.changes
    }
    throw new PipelineError('overloaded', 'state', `partition ${partition} is changed by too many at once`)
  }

  return {
    read,
    hold,
    acquire: (partition) => inTurn(partition, () => acquireNow(partition)),
    change: (partition, epoch, change) => inTurn(partition, () => changeNow(partition, epoch, change)),
    decide: (partition, transaction) => inTurn(partition, () => decideNow(partition, transaction)),
  }
}

/** Parameters of a partition's first row. */
export const newRow = (partition: number, holder: string): CqlValue[] => [
  partition,
  1n,
  0n,
  holder,
  0n,
  0n,
  JSON.stringify(NO_TOTALS),
  JSON.stringify(null),
  0n,
  JSON.stringify(NO_TOTALS),
]

function changeParams(wanted: {
  partition: number
  epoch: number
  change: StateChange
  changes: number
}): CqlValue[] {
  const { partition, epoch, changes, change } = wanted
  const number = (value: number | undefined) => (value === undefined ? undefined : BigInt(value))
  const json = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value))
  return [
    BigInt(changes + 1),
    number(change.hotThrough),
    json(change.hotTotals),
    json(change.coldPlan),
    number(change.coldThrough),
    json(change.coldTotals),
    partition,
    BigInt(epoch),
    BigInt(changes),
  ]
}

/** Whether the row says everything that the change says. */
function holds(row: StoredRow, change: StateChange): boolean {
  const fields = Object.keys(change) as (keyof StateChange)[]
  return fields.every((field) => {
    const wanted = change[field]
    return wanted === undefined || sameValue(row[field], wanted)
  })
}

function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every(
    (name) => (a as Record<string, unknown>)[name] === (b as Record<string, unknown>)[name],
  )
}

function decodeRow(row: CqlRow): StoredRow {
  return {
    partition: row['partition'] as number,
    epoch: Number(row['epoch'] as bigint),
    changes: Number(row['changes'] as bigint),
    holder: row['holder'] as string,
    renewals: Number(row['renewals'] as bigint),
    hotThrough: Number(row['hot_through'] as bigint),
    hotTotals: JSON.parse(row['hot_totals'] as string) as Totals,
    coldPlan: JSON.parse(row['cold_plan'] as string) as ColdPlan | null,
    coldThrough: Number(row['cold_through'] as bigint),
    coldTotals: JSON.parse(row['cold_totals'] as string) as Totals,
  }
}

export const stateRowOf = (row: StoredRow): StateRow => ({
  partition: row.partition,
  epoch: row.epoch,
  hotThrough: row.hotThrough,
  hotTotals: row.hotTotals,
  coldPlan: row.coldPlan,
  coldThrough: row.coldThrough,
  coldTotals: row.coldTotals,
})

export const fenced = (partition: number, row: { epoch: number } | null, epoch: number): PipelineError =>
  new PipelineError(
    'fenced',
    'state',
    `partition ${partition} is held under epoch ${row?.epoch ?? 0}, not ${epoch}`,
  )

import { describe, expect, it } from 'vitest'
import { sampleTotals } from '../ports/sample-events.ts'
import type { Cql, CqlRead, CqlRow } from './cql.ts'
import { createStateRows } from './state-rows.ts'
import { createStatements } from './statements.ts'

const statements = createStatements({ keyspace: 'a', stateKeyspace: 'b' })

type Outcome = 'applied' | 'refused' | 'unknown'

/**
 * One server's partitions_v1. `fate` decides what becomes of the next transactions: `lost`: never carried out; `unheard`: carried out
 * but not confirmed; `late`: carried out when `wake` is called.
 */
function createServer() {
  let row: Record<string, unknown> | null = null
  const fates: ('heard' | 'lost' | 'unheard' | 'late' | 'lost, and the late ones wake')[] = []
  const sleeping: (() => void)[] = []
  const sent: string[] = []

  function apply({ statement, params }: CqlRead): boolean {
    const values = [...params]
    const number = (at: number) => values[at]
    if (statement === statements.makeStateRow) {
      if (row !== null) return false
      const [partition, epoch, changes, holder, renewals, hot, hotTotals, plan, cold, coldTotals] = values
      const named = { partition, epoch, changes, holder, renewals, hot_through: hot, hot_totals: hotTotals }
      row = { ...named, cold_plan: plan, cold_through: cold, cold_totals: coldTotals }
      return true
    }
    if (statement === statements.acquireStateRow) {
      if (row?.['epoch'] !== number(2)) return false
      row = { ...row, epoch: number(0), holder: '', renewals: 0n }
      return true
    }
    if (statement !== statements.changeStateRow) throw new Error('a statement this server does not know')
    if (row === null || row['epoch'] !== number(7) || row['changes'] !== number(8)) return false
    const names = ['changes', 'hot_through', 'hot_totals', 'cold_plan', 'cold_through', 'cold_totals']
    const changed: Record<string, unknown> = { ...row }
    for (const [at, name] of names.entries()) if (values[at] !== undefined) changed[name] = values[at]
    row = changed
    return true
  }

  const unreadable = { next: false }
  const rows = () => {
    const isReadable = !unreadable.next
    unreadable.next = false
    if (!isReadable) return Promise.reject(new Error('unreadable'))
    return Promise.resolve(row === null ? [] : [row as unknown as CqlRow])
  }
  const wake = (): void => {
    for (const one of sleeping.splice(0)) one()
  }
  const cql: Pick<Cql, 'read' | 'readDecided' | 'conditional'> = {
    read: rows,
    readDecided: rows,
    conditional: (transaction) => {
      sent.push(transaction.statement.cql.split(' ')[0] ?? '')
      const fate = fates.shift() ?? 'heard'
      let outcome: Outcome = 'unknown'
      if (fate === 'heard') outcome = apply(transaction) ? 'applied' : 'refused'
      else if (fate === 'unheard') apply(transaction)
      else if (fate === 'late') sleeping.push(() => void apply(transaction))
      else if (fate !== 'lost') wake()
      return Promise.resolve(outcome)
    },
  }
  return {
    rows: createStateRows(cql as Cql, statements),
    other: createStateRows(cql as Cql, statements),
    fates,
    sent,
    unreadable,
    wake,
  }
}

describe('state rows', () => {
  it('asks what became of a change that nobody confirmed, and sends it again only when it was lost', async () => {
    const { rows, fates, sent } = createServer()
    const { epoch } = await rows.acquire(0)
    await rows.change(0, epoch, { hotThrough: 1 })
    sent.length = 0
    fates.push('unheard')
    await rows.change(0, epoch, { hotThrough: 2, hotTotals: sampleTotals(2) })
    expect(sent).toHaveLength(1)
    fates.push('lost', 'lost')
    await rows.change(0, epoch, { hotThrough: 3 })
    expect(sent).toHaveLength(4)
    expect(await rows.read(0)).toMatchObject({ hotThrough: 3, hotTotals: sampleTotals(2) })
  })

  it('lets a change that a server carries out late undo no later one', async () => {
    const { rows, fates, wake } = createServer()
    const { epoch } = await rows.acquire(0)
    await rows.change(0, epoch, { hotThrough: 1 })
    fates.push('late')
    await rows.change(0, epoch, { hotThrough: 2 })
    await rows.change(0, epoch, { hotThrough: 3 })
    wake()
    expect(await rows.read(0)).toMatchObject({ hotThrough: 3 })
  })

  it('takes no other change for its own that was not confirmed', async () => {
    const { rows, fates, unreadable } = createServer()
    const { epoch } = await rows.acquire(0)
    await rows.change(0, epoch, { hotThrough: 1 })
    // The hot stage's change sleeps in a server and nobody can say what became of it. The cold stage's is lost, and by then the other
    // has been carried out: one change more, but not this one.
    fates.push('late')
    unreadable.next = true
    await expect(rows.change(0, epoch, { hotThrough: 2 })).rejects.toThrow('unreadable')
    fates.push('lost, and the late ones wake')
    const plan = { fromSeq: 0, toSeq: 2, token: 't' }
    await rows.change(0, epoch, { coldPlan: plan })
    expect(await rows.read(0)).toMatchObject({ hotThrough: 2, coldPlan: plan })
  })

  it('is fenced by a higher epoch, also when it does not hear so', async () => {
    const { rows, other, fates } = createServer()
    const { epoch } = await rows.acquire(0)
    await rows.change(0, epoch, { hotThrough: 1 })
    await other.acquire(0)
    fates.push('unheard')
    await expect(rows.change(0, epoch, { hotThrough: 2 })).rejects.toMatchObject({ kind: 'fenced' })
    await expect(rows.hold(0, epoch)).rejects.toMatchObject({ kind: 'fenced' })
    expect(await rows.read(0)).toMatchObject({ hotThrough: 1, epoch: epoch + 1 })
  })

  it('raises the epoch until one raising is its own for certain', async () => {
    const { rows, fates } = createServer()
    fates.push('unheard', 'unheard', 'lost')
    const row = await rows.acquire(0)
    expect(row.epoch).toBe(3)
    await rows.change(0, 3, { hotThrough: 7 })
  })

  it('goes on behind a change of its own that failed', async () => {
    const { rows } = createServer()
    const { epoch } = await rows.acquire(0)
    const results = await Promise.allSettled([
      rows.change(0, epoch + 1, { hotThrough: 9 }),
      rows.change(0, epoch, { hotThrough: 1 }),
      rows.change(0, epoch, { coldThrough: 1 }),
    ])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(await rows.read(0)).toMatchObject({ hotThrough: 1, coldThrough: 1 })
  })
})

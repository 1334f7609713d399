import { describe, expect, it } from 'vitest'
import { asOf } from './freshness.ts'
import type { EventLog } from './ports/event-log.ts'
import type { StateRow } from './ports/worker-state.ts'

const NOW = 1_000_000
const TOTALS = { events: 0, stored: 0, duplicates: 0, deadLetters: 0 }

/** Message n of a partition has the log time n; each partition holds ten. */
const log = (partitions: number) =>
  ({
    partitions,
    end: () => Promise.resolve({ lastSeq: 10, observedAt: NOW }),
    timeAfter: (_partition: number, afterSeq: number) => Promise.resolve(afterSeq + 1),
  }) as unknown as EventLog

const stateOf = (rows: readonly (Pick<StateRow, 'hotThrough' | 'coldThrough'> | null)[]) => ({
  read: (partition: number) => {
    const row = rows[partition] ?? null
    const rest = { partition, epoch: 1, hotTotals: TOTALS, coldTotals: TOTALS, coldPlan: null }
    return Promise.resolve(row === null ? null : { ...rest, ...row })
  },
})

describe('as_of of a stage', () => {
  const rows = [
    { hotThrough: 10, coldThrough: 2 },
    { hotThrough: 7, coldThrough: 5 },
    { hotThrough: 10, coldThrough: 10 },
  ]

  it('is that of a partition nobody has begun, when there is one', async () => {
    expect(await asOf(log(4), stateOf([...rows, null]), 'hot')).toBe(1)
    expect(await asOf(log(4), stateOf([...rows, null]), 'cold')).toBe(1)
  })

  it("is that of the stage's slowest partition", async () => {
    expect(await asOf(log(3), stateOf(rows), 'hot')).toBe(8)
    expect(await asOf(log(3), stateOf(rows), 'cold')).toBe(3)
  })

  it('is when the end was seen, when nothing is under way', async () => {
    expect(await asOf(log(1), stateOf([{ hotThrough: 10, coldThrough: 0 }]), 'hot')).toBe(NOW)
  })
})

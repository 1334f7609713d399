// What every PartitionLeases must do, stated once, together with the state rows that the leases stand in.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HeldLease, Lease, PartitionLeases } from './partition-leases.ts'
import { sampleTotals } from './sample-events.ts'
import type { StateRow, WorkerState } from './worker-state.ts'

export interface OpenedLeases {
  leases: PartitionLeases
  state: Pick<WorkerState, 'acquire' | 'read' | 'change'>
  /** Closes whatever is open and removes the data. */
  close(): Promise<void>
}

/** @param open - an empty state. */
export function describePartitionLeases(name: string, open: () => Promise<OpenedLeases>): void {
  const FENCED = { name: 'PipelineError', kind: 'fenced' }
  const held = (row: StateRow, holder: string): HeldLease => ({
    partition: row.partition,
    epoch: row.epoch,
    holder,
  })

  describe(`PartitionLeases: ${name}`, () => {
    let opened: OpenedLeases
    let leases: PartitionLeases
    beforeEach(async () => {
      opened = await open()
      leases = opened.leases
    })
    afterEach(() => opened.close())

    const leaseOf = async (partition: number): Promise<Lease> =>
      (await leases.leases(partition + 1))[partition] as Lease
    const take = async (partition: number, holder: string): Promise<StateRow> => {
      const row = await leases.take(await leaseOf(partition), holder)
      if (row === null) throw new Error('the lease changed although nobody else is here')
      return row
    }

    it('lists partitions in order, those never taken as free with epoch 0', async () => {
      await take(1, 'a')
      expect(await leases.leases(3)).toEqual([
        { partition: 0, epoch: 0, holder: null, renewals: 0 },
        { partition: 1, epoch: 1, holder: 'a', renewals: 0 },
        { partition: 2, epoch: 0, holder: null, renewals: 0 },
      ])
    })

    it('gives the row with a take, and a higher epoch with each', async () => {
      const first = await take(0, 'a')
      const plan = { fromSeq: 3, toSeq: 9, token: 'a-b_C1' }
      await opened.state.change(0, first.epoch, { coldPlan: plan, hotThrough: 9, hotTotals: sampleTotals(4) })
      const second = await take(0, 'b')
      expect(second).toEqual({
        ...first,
        epoch: second.epoch,
        coldPlan: plan,
        hotThrough: 9,
        hotTotals: sampleTotals(4),
      })
      expect(second.epoch).toBeGreaterThan(first.epoch)
      expect(await opened.state.read(0)).toEqual(second)
      await expect(opened.state.change(0, first.epoch, { hotThrough: 12 })).rejects.toMatchObject(FENCED)
      expect(await opened.state.read(0)).toEqual(second)
    })

    it('gives a partition to one of many who try at once', async () => {
      const workers = Array.from({ length: 8 }, (_, index) => `worker-${index}`)
      for (let round = 0; round < 5; round++) {
        const seen = await leaseOf(0)
        const rows = await Promise.all(workers.map((worker) => leases.take(seen, worker)))
        const winners = workers.filter((_, index) => rows[index] !== null)
        expect(winners).toHaveLength(1)
        expect(await leaseOf(0)).toMatchObject({ epoch: seen.epoch + 1, holder: winners[0] })
      }
    })

    it('takes nothing when the lease was renewed, taken or released since it was read', async () => {
      const row = await take(0, 'a')
      const taken = await leaseOf(0)
      await leases.renew(held(row, 'a'), 1)
      expect(await leases.take(taken, 'b')).toBeNull()
      const renewed = await leaseOf(0)
      await leases.release(held(row, 'a'))
      expect(await leases.take(renewed, 'b')).toBeNull()
      const free = await leaseOf(0)
      await take(0, 'c')
      expect(await leases.take(free, 'b')).toBeNull()
      expect(await leaseOf(0)).toEqual({ partition: 0, epoch: row.epoch + 1, holder: 'c', renewals: 0 })
    })

    it('lets a take be repeated as long as nothing happened since', async () => {
      const seen = await leaseOf(0)
      const row = (await leases.take(seen, 'a')) as StateRow
      expect(await leases.take(seen, 'a')).toEqual(row)
      expect(await leaseOf(0)).toMatchObject({ epoch: row.epoch })
      await take(0, 'b')
      expect(await leases.take(seen, 'a')).toBeNull()
    })

    it('shows a renewal to others, and may hear it twice', async () => {
      const row = await take(0, 'a')
      await leases.renew(held(row, 'a'), 1)
      await leases.renew(held(row, 'a'), 2)
      await leases.renew(held(row, 'a'), 2)
      expect(await leaseOf(0)).toEqual({ partition: 0, epoch: row.epoch, holder: 'a', renewals: 2 })
      expect(await opened.state.read(0)).toEqual(row)
    })

    it('refuses to renew what is not held any more', async () => {
      const row = await take(0, 'a')
      await expect(leases.renew(held(row, 'b'), 1)).rejects.toMatchObject(FENCED)
      await leases.release(held(row, 'a'))
      await expect(leases.renew(held(row, 'a'), 1)).rejects.toMatchObject(FENCED)
      const again = await take(0, 'a')
      await expect(leases.renew(held(row, 'a'), 1)).rejects.toMatchObject(FENCED)
      await leases.renew(held(again, 'a'), 1)
      await take(0, 'b')
      await expect(leases.renew(held(again, 'a'), 2)).rejects.toMatchObject(FENCED)
      expect(await leaseOf(0)).toMatchObject({ holder: 'b', renewals: 0 })
      await expect(
        leases.renew({ partition: 5, epoch: 1, holder: 'a' }, 1),
        'a partition that nobody took',
      ).rejects.toMatchObject(FENCED)
      expect(await leaseOf(5)).toMatchObject({ epoch: 0, holder: null })
    })

    it('frees a released partition at once and keeps its epoch', async () => {
      const row = await take(0, 'a')
      await leases.renew(held(row, 'a'), 1)
      await leases.release(held(row, 'a'))
      expect(await leaseOf(0)).toMatchObject({ epoch: row.epoch, holder: null })
      const next = await take(0, 'b')
      expect(next.epoch).toBe(row.epoch + 1)
      await leases.release(held(row, 'a'))
      expect(await leaseOf(0), 'a late release frees nobody else’s').toMatchObject({ holder: 'b' })
    })

    it('ends the lease of whoever had it with an unconditional acquire', async () => {
      const row = await take(0, 'a')
      const acquired = await opened.state.acquire(0)
      expect(await leaseOf(0)).toMatchObject({ epoch: acquired.epoch, holder: null })
      await expect(leases.renew(held(row, 'a'), 1)).rejects.toMatchObject(FENCED)
    })

    it('keeps renewals and changes of the row from undoing each other', async () => {
      const row = await take(0, 'a')
      await Promise.all([
        (async () => {
          for (let count = 1; count <= 10; count++) await leases.renew(held(row, 'a'), count)
        })(),
        (async () => {
          for (let seq = 1; seq <= 10; seq++) await opened.state.change(0, row.epoch, { hotThrough: seq })
        })(),
        (async () => {
          for (let seq = 1; seq <= 10; seq++) await opened.state.change(0, row.epoch, { coldThrough: seq })
        })(),
      ])
      expect(await opened.state.read(0)).toMatchObject({ hotThrough: 10, coldThrough: 10, epoch: row.epoch })
      expect(await leaseOf(0)).toMatchObject({ holder: 'a', renewals: 10 })
    })

    it('knows the workers that are there, with their latest beat', async () => {
      expect(await leases.workers()).toEqual([])
      await leases.announce({ holder: 'a', beat: 1 })
      await leases.announce({ holder: 'b', beat: 7 })
      await leases.announce({ holder: 'a', beat: 2 })
      const there = [...(await leases.workers())].sort((x, y) => x.holder.localeCompare(y.holder))
      expect(there).toEqual([
        { holder: 'a', beat: 2 },
        { holder: 'b', beat: 7 },
      ])
      await leases.withdraw('a')
      await leases.withdraw('nobody')
      expect(await leases.workers()).toEqual([{ holder: 'b', beat: 7 }])
    })
  })
}

// Leases of the model: they stand beside the state rows and are changed one at a time, as by compare-and-set.
import { PipelineError, type Lease, type PartitionLeases, type StateRow } from '@penstock/pipeline'
import type { FaultPlan, Incarnation } from './fault-plan.ts'

export interface SimulatedLeases {
  port(incarnation: Incarnation): PartitionLeases
  /** An unconditional acquire ends the lease. */
  end(partition: number): void
}

export function createSimulatedLeases(
  faults: FaultPlan,
  rows: {
    epoch(partition: number): number
    raise(partition: number): StateRow
    row(partition: number): StateRow
  },
): SimulatedLeases {
  const held = new Map<number, { holder: string | null; renewals: number }>()
  const beats = new Map<string, number>()

  const leaseOf = (partition: number): Lease => ({
    partition,
    epoch: rows.epoch(partition),
    ...(held.get(partition) ?? { holder: null, renewals: 0 }),
  })

  function take(seen: Lease, holder: string): StateRow | null {
    const now = leaseOf(seen.partition)
    if (now.epoch === seen.epoch + 1 && now.holder === holder && now.renewals === 0)
      return rows.row(seen.partition)
    if (now.epoch !== seen.epoch || now.holder !== seen.holder || now.renewals !== seen.renewals) return null
    held.set(seen.partition, { holder, renewals: 0 })
    return rows.raise(seen.partition)
  }

  const isHeld = (lease: { partition: number; epoch: number; holder: string }): boolean => {
    const now = leaseOf(lease.partition)
    return now.epoch === lease.epoch && now.holder === lease.holder
  }

  function port(incarnation: Incarnation): PartitionLeases {
    const one = <T>(effect: () => T): Promise<T> => faults.one(incarnation, 'state', effect)
    return {
      leases: (count) => one(() => Array.from({ length: count }, (_, partition) => leaseOf(partition))),
      take: (seen, holder) => one(() => take(seen, holder)),
      renew: (lease, renewals) =>
        one(() => {
          if (!isHeld(lease)) throw new PipelineError('fenced', 'state', 'the lease is not held any more')
          held.set(lease.partition, { holder: lease.holder, renewals })
        }),
      release: (lease) =>
        one(() => {
          if (isHeld(lease)) held.set(lease.partition, { ...leaseOf(lease.partition), holder: null })
        }),
      announce: ({ holder, beat }) => one(() => void beats.set(holder, beat)),
      withdraw: (holder) => one(() => void beats.delete(holder)),
      workers: () => one(() => [...beats].map(([holder, beat]) => ({ holder, beat }))),
    }
  }

  return { port, end: (partition) => void held.delete(partition) }
}

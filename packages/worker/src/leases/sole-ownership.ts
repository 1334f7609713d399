// A process that is known to be the only one (held by a lock) takes every partition at once and for good.
import type { Partition } from '../partition.ts'
import type { StoreCalls } from '../store-calls.ts'
import type { WorkerDeps } from '../options.ts'
import type { Ownership, RunPartition } from './ownership.ts'
import { soleTenure } from './tenure.ts'

export function createSoleOwnership(
  deps: Pick<WorkerDeps, 'log' | 'state'>,
  run: RunPartition,
  context: { calls: StoreCalls; signal: AbortSignal },
): Ownership {
  const partitions: Partition[] = []

  async function take(partition: number): Promise<void> {
    const row = await context.calls.call('state', () => deps.state.acquire(partition))
    if (!context.signal.aborted) partitions.push(run(soleTenure(row)))
  }

  return {
    start: async () => {
      await Promise.all(Array.from({ length: deps.log.partitions }, (_, partition) => take(partition)))
    },
    stop: async () => {
      await Promise.all(partitions.map((partition) => partition.stop()))
    },
    partitions: () => partitions,
    well: () =>
      partitions.length === deps.log.partitions && partitions.every((partition) => partition.running()),
  }
}

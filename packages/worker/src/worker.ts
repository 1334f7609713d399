// The worker: log → registry → hot store → cold store → purge, for the partitions it is given, plus sweeping. Guarantees the
// effect described in docs/decisions/0004-exactly-once-protocol.md whatever dies in between. Opens and closes nothing.
import { processedThrough } from '@penstock/pipeline'
import { createWorkerMetrics } from './metrics.ts'
import { resolveWorkerOptions, type WorkerDeps, type WorkerOptions } from './options.ts'
import { createPartition } from './partition.ts'
import type { PartitionContext } from './partition-context.ts'
import { createStoreCalls } from './store-calls.ts'
import { WorkerStoppedError } from './stopped.ts'
import { runSweeping } from './sweep.ts'

export interface Worker {
  /** Takes the partitions and resolves when all are taken; waits for the state store as long as it takes. Call once. */
  start(): Promise<void>
  /** Finishes the step at hand, then stops. What is unfinished is found again by the next start. Never rejects. */
  stop(): Promise<void>
  /** Prometheus text. */
  metrics(): Promise<string>
  /** False before the start, after the stop, and once a partition halted. */
  alive(): boolean
}

/** @throws RangeError for options that contradict each other. */
export function createWorker(deps: WorkerDeps, input: WorkerOptions): Worker {
  const options = resolveWorkerOptions(input)
  const metrics = createWorkerMetrics({ queueBytes, lag })
  const partitions = options.partitions.map((partition) => createPartition(partition, deps, options, metrics))
  const stopping = new AbortController()
  let sweeping: Promise<void> = Promise.resolve()

  async function start(): Promise<void> {
    try {
      await Promise.all(partitions.map((partition) => partition.start()))
    } catch (error) {
      // Stopped while the state store did not answer: that is no failure of the start.
      if (error instanceof WorkerStoppedError) return
      throw error
    }
    // One worker sweeps for all: the stores are shared.
    if (!options.partitions.includes(0) || stopping.signal.aborted) return
    const { signal } = stopping
    const random = deps.random ?? Math.random
    const calls = createStoreCalls({ sleep: deps.sleep, random, signal, metrics, logger: deps.logger })
    sweeping = runSweeping(deps, options, calls, signal)
  }

  async function stop(): Promise<void> {
    stopping.abort()
    await Promise.all([...partitions.map((partition) => partition.stop()), sweeping])
  }

  function queueBytes(): number {
    return partitions.reduce((sum, { handover }) => sum + handover.heapBytes(), 0)
  }

  async function lag(): Promise<{ events: number; seconds: number } | null> {
    try {
      const lags = await Promise.all(partitions.map((partition) => partitionLag(partition.context())))
      const events = lags.reduce((sum, { events }) => sum + events, 0)
      return { events, seconds: Math.max(0, ...lags.map(({ seconds }) => seconds)) }
    } catch {
      return null
    }
  }

  async function partitionLag(
    context: PartitionContext | null,
  ): Promise<{ events: number; seconds: number }> {
    if (context === null) throw new Error('the partition is not taken yet')
    const { row } = context
    const end = await deps.log.end(row.partition)
    const through = await processedThrough(deps.log, deps.state, row.partition, 'cold')
    const unread = Math.max(0, end.lastSeq - row.hotThrough)
    const meanEvents = row.hotThrough > 0 ? row.hotTotals.events / row.hotThrough : 1
    const events = row.hotTotals.events - row.coldTotals.events + Math.ceil(unread * meanEvents)
    return { events, seconds: Math.max(0, deps.clock() - through) / 1000 }
  }

  return {
    start,
    stop,
    metrics: () => metrics.text(),
    alive: () => partitions.every((partition) => partition.running()),
  }
}

// The worker: log → registry → hot store → cold store → purge, for the partitions that it holds, plus sweeping. Guarantees the
// effect described in docs/decisions/0004-exactly-once-protocol.md whatever dies in between. Opens and closes nothing.
import { processedThrough } from '@penstock/pipeline'
import { leaseTimes } from './leases/lease-times.ts'
import type { Ownership, RunPartition } from './leases/ownership.ts'
import { createSharedOwnership } from './leases/shared-ownership.ts'
import { createSoleOwnership } from './leases/sole-ownership.ts'
import { createWorkerMetrics } from './metrics.ts'
import { resolveWorkerOptions, type WorkerDeps, type WorkerOptions } from './options.ts'
import { runPartition } from './partition.ts'
import type { PartitionContext } from './partition-context.ts'
import { createStoreCalls, STOP_GRACE_MS } from './store-calls.ts'
import { WorkerStoppedError } from './stopped.ts'
import { runSweeping } from './sweep.ts'

export interface Worker {
  /**
   * Takes the partitions that are there to be taken and resolves when that is done; waits for the state store as long as it takes.
   * Call once.
   */
  start(): Promise<void>
  /**
   * Finishes the step at hand of every partition and frees them, then stops. What is unfinished is found again by whoever takes them
   * next. Never rejects.
   */
  stop(): Promise<void>
  /** Prometheus text. */
  metrics(): Promise<string>
  /** False before the start, after the stop, and once a partition halted. */
  alive(): boolean
}

/** @throws RangeError for options that contradict each other. */
export function createWorker(deps: WorkerDeps, input: WorkerOptions): Worker {
  const options = resolveWorkerOptions(input)
  const metrics = createWorkerMetrics({
    queueBytes,
    queueLimitBytes: options.bufferBytes,
    lag,
    partitionsHeld: () => held().length,
  })
  const stopping = new AbortController()
  const { signal } = stopping
  const random = deps.random ?? Math.random
  const calls = createStoreCalls({
    sleep: deps.sleep,
    random,
    signal,
    metrics,
    logger: deps.logger,
    ...(deps.leases === undefined ? {} : { graceMs: STOP_GRACE_MS }),
  })
  const ownership = createOwnership()
  let started = false
  let sweeping: Promise<void> = Promise.resolve()

  function createOwnership(): Ownership {
    const share = (): number => 1 / Math.max(1, held().length)
    const run: RunPartition = (tenure) => runPartition(tenure, { deps, options, metrics, share })
    const { leases, logger } = deps
    if (leases === undefined) return createSoleOwnership(deps, run, { calls, signal })
    const holder = deps.newToken()
    const times = leaseTimes(options.leaseMs)
    return createSharedOwnership(deps, run, { leases, holder, times, calls, metrics, logger, signal })
  }

  async function start(): Promise<void> {
    try {
      await ownership.start()
    } catch (error) {
      // Stopped while the state store did not answer: that is no failure of the start.
      if (error instanceof WorkerStoppedError) return
      throw error
    }
    started = !signal.aborted
    if (!started) return
    // One worker sweeps for all.
    const mine = (): boolean => held().some(({ context }) => context.row.partition === 0)
    sweeping = runSweeping(deps, options, calls, { signal, mine })
  }

  async function stop(): Promise<void> {
    stopping.abort()
    await Promise.all([ownership.stop(), sweeping])
    started = false
  }

  const held = () => ownership.partitions()

  function queueBytes(): number {
    return held().reduce((sum, { handover }) => sum + handover.heapBytes(), 0)
  }

  async function lag(): Promise<{ events: number; seconds: number } | null> {
    try {
      const lags = await Promise.all(held().map(({ context }) => partitionLag(context)))
      const events = lags.reduce((sum, { events }) => sum + events, 0)
      return { events, seconds: Math.max(0, ...lags.map(({ seconds }) => seconds)) }
    } catch {
      return null
    }
  }

  async function partitionLag({ row }: PartitionContext): Promise<{ events: number; seconds: number }> {
    const end = await deps.log.end(row.partition)
    const through = await processedThrough(deps.log, deps.state, row.partition, 'cold')
    const unread = Math.max(0, end.lastSeq - row.hotThrough)
    const meanEvents = row.hotThrough > 0 ? row.hotTotals.events / row.hotThrough : 1
    const events = row.hotTotals.events - row.coldTotals.events + Math.ceil(unread * meanEvents)
    return { events, seconds: Math.max(0, deps.clock() - through) / 1000 }
  }

  return { start, stop, metrics: () => metrics.text(), alive: () => started && ownership.well() }
}

// One partition of the log: takes it, runs both stages side by side until stopped, and halts both when one of them meets
// something that must not be skipped (unreadable log, another owner, a bug).
import { isPipelineError } from '@penstock/pipeline'
import { createHandover, type Handover } from './handover.ts'
import { runColdStage } from './cold/cold-stage.ts'
import { runHotStage } from './hot/hot-stage.ts'
import type { HaltReason, WorkerMetrics } from './metrics.ts'
import type { WorkerDeps, WorkerOptions } from './options.ts'
import type { PartitionContext } from './partition-context.ts'
import { WorkerStoppedError } from './stopped.ts'
import { createStoreCalls } from './store-calls.ts'
import { createWake } from './wake.ts'

export interface Partition {
  /** Resolves when the partition is taken; the stages run on. Rejects when it was stopped or must not start. */
  start(): Promise<void>
  /** Resolves when both stages have ended. */
  stop(): Promise<void>
  running(): boolean
  handover: Handover
  context(): PartitionContext | null
}

export function createPartition(
  partition: number,
  deps: WorkerDeps,
  options: Required<WorkerOptions>,
  metrics: WorkerMetrics,
): Partition {
  const stopping = new AbortController()
  const logger = deps.logger.child({ partition })
  // The memory is shared out: the bound is the worker's, not a partition's.
  const handover = createHandover(options.bufferBytes / options.partitions.length)
  let context: PartitionContext | null = null
  let stages: Promise<unknown> = Promise.resolve()
  let running = false

  async function start(): Promise<void> {
    const { signal } = stopping
    const random = deps.random ?? Math.random
    const calls = createStoreCalls({ sleep: deps.sleep, random, signal, metrics, logger })
    const row = { ...(await calls.call('state', () => deps.state.acquire(partition))) }
    const hotCommitted = createWake(deps.sleep)
    const taken: PartitionContext = { deps, options, calls, metrics, signal, handover, hotCommitted, row }
    context = taken
    running = true
    stages = Promise.all([supervise('hot', runHotStage(taken)), supervise('cold', runColdStage(taken))])
    const { epoch, hotThrough, coldThrough } = row
    logger.info({ event: 'partition.taken', epoch, hotThrough, coldThrough }, 'partition taken')
  }

  async function supervise(stage: 'hot' | 'cold', run: Promise<void>): Promise<void> {
    try {
      await run
    } catch (error) {
      if (error instanceof WorkerStoppedError) return
      running = false
      metrics.partitionsHalted.inc({ reason: haltReason(error) })
      logger.error(
        { event: 'partition.halted', stage, reason: haltReason(error), err: error },
        'partition halted: nothing is skipped, somebody must look',
      )
      stopping.abort()
    }
  }

  async function stop(): Promise<void> {
    stopping.abort()
    await stages
    running = false
  }

  return { start, stop, running: () => running, handover, context: () => context }
}

function haltReason(error: unknown): HaltReason {
  if (!isPipelineError(error)) return 'bug'
  return error.kind === 'corrupt' || error.kind === 'fenced' ? error.kind : 'bug'
}

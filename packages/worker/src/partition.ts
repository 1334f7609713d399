// One partition of the log that was taken: runs both stages side by side until stopped or until the right to it is over, and halts
// both when one of them meets something that must not be skipped (unreadable log, another owner where there can be none, a bug).
import { isPipelineError } from '@penstock/pipeline'
import { createHandover, type Handover } from './handover.ts'
import { runColdStage } from './cold/cold-stage.ts'
import { runHotStage } from './hot/hot-stage.ts'
import { TenureOverError, type Tenure } from './leases/tenure.ts'
import type { HaltReason, WorkerMetrics } from './metrics.ts'
import type { WorkerDeps, WorkerOptions } from './options.ts'
import type { PartitionContext } from './partition-context.ts'
import { WorkerStoppedError } from './stopped.ts'
import { createStoreCalls, STOP_GRACE_MS } from './store-calls.ts'
import { createWake } from './wake.ts'

export type PartitionEnd = 'stopped' | 'lost' | 'halted'

export interface Partition {
  context: PartitionContext
  handover: Handover
  /** Lets both stages finish their step. Resolves when they have ended. */
  stop(): Promise<void>
  /** Resolves when both stages have ended, with the reason. Never rejects. */
  ended: Promise<PartitionEnd>
  running(): boolean
}

export interface PartitionSurroundings {
  deps: WorkerDeps
  options: Required<WorkerOptions>
  metrics: WorkerMetrics
  /** The part of the worker's memory that one partition may use now: 1 when it is the only one. */
  share: () => number
}

export function runPartition(tenure: Tenure, surroundings: PartitionSurroundings): Partition {
  const { deps, options, metrics, share } = surroundings
  const row = { ...tenure.row }
  const logger = deps.logger.child({ partition: row.partition })
  const stopping = new AbortController()
  const { signal } = stopping
  const random = deps.random ?? Math.random
  const { sleep } = deps
  const calls = createStoreCalls({
    sleep,
    random,
    signal,
    metrics,
    logger,
    check: () => tenure.check(),
    ...(tenure.shared ? { graceMs: STOP_GRACE_MS } : {}),
  })
  const handover = createHandover(() => options.bufferBytes * share())
  const hotCommitted = createWake(sleep)
  const context: PartitionContext = {
    deps,
    options,
    calls,
    metrics,
    signal,
    handover,
    hotCommitted,
    share,
    row,
  }
  let running = true
  let end: PartitionEnd = 'stopped'

  const onOver = (): void => {
    if (running) end = 'lost'
    stopping.abort()
  }
  tenure.over.addEventListener('abort', onOver)
  const { epoch, hotThrough, coldThrough } = row
  logger.info({ event: 'partition.taken', epoch, hotThrough, coldThrough }, 'partition taken')
  const ended = Promise.all([
    supervise('hot', runHotStage(context)),
    supervise('cold', runColdStage(context)),
  ]).then(() => {
    running = false
    tenure.over.removeEventListener('abort', onOver)
    return end
  })

  async function supervise(stage: 'hot' | 'cold', run: Promise<void>): Promise<void> {
    try {
      await run
    } catch (error) {
      if (error instanceof WorkerStoppedError || error instanceof TenureOverError) return
      const reason = haltReason(error)
      if (reason === 'fenced' && tenure.shared) {
        end = 'lost'
        logger.warn({ event: 'partition.lost', stage, epoch }, 'another worker has taken the partition')
      } else {
        end = 'halted'
        metrics.partitionsHalted.inc({ reason })
        logger.error(
          { event: 'partition.halted', stage, reason, err: error },
          'partition halted: nothing is skipped, somebody must look',
        )
      }
      running = false
      stopping.abort()
    }
  }

  async function stop(): Promise<void> {
    stopping.abort()
    await ended
  }

  return { context, handover, stop, ended, running: () => running }
}

function haltReason(error: unknown): HaltReason {
  if (!isPipelineError(error)) return 'bug'
  return error.kind === 'corrupt' || error.kind === 'fenced' ? error.kind : 'bug'
}

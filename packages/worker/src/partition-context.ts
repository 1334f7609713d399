// What the two stages of one partition share. The row is the worker's memory of the durable state row: each stage changes its
// own fields, and only after the store has them.
import type { StateRow } from '@penstock/pipeline'
import type { Handover } from './handover.ts'
import type { WorkerMetrics } from './metrics.ts'
import type { WorkerDeps, WorkerOptions } from './options.ts'
import type { StoreCalls } from './store-calls.ts'
import type { Wake } from './wake.ts'

export interface PartitionContext {
  deps: WorkerDeps
  options: Required<WorkerOptions>
  calls: StoreCalls
  metrics: WorkerMetrics
  signal: AbortSignal
  handover: Handover
  /** Notified by the hot stage after each commit. */
  hotCommitted: Wake
  /** The part of the worker's memory that this partition may use now: 1 when it is the only one. */
  share: () => number
  row: StateRow
}

// What the two stages of one partition share. The row is the worker's memory of the durable state row: each stage changes its
// own fields, and only after the store has them.
import type { StateRow } from '@penstock/pipeline'
import type { LinkMemory } from './cold/links.ts'
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
  links: LinkMemory
  row: StateRow
}

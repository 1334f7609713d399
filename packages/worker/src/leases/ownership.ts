// How a worker comes by its partitions, and what the rest of the worker wants to know about it.
import type { Partition } from '../partition.ts'
import type { Tenure } from './tenure.ts'

export interface Ownership {
  /** Resolves when the partitions that can be had at once are taken; waits for the state store as long as it takes. */
  start(): Promise<void>
  /** Lets every partition finish its step, then gives it up. Never rejects. */
  stop(): Promise<void>
  /** Partitions that are worked on. */
  partitions(): readonly Partition[]
  /** Whether everything that this worker holds is being worked on. */
  well(): boolean
}

/** Starts both stages on a partition that was just taken. */
export type RunPartition = (tenure: Tenure) => Partition

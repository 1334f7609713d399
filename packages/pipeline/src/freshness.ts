// How far processing has come, said as a time of the log's clock: everything accepted before it has been processed.
import type { EventLog } from './ports/event-log.ts'
import type { WorkerState } from './ports/worker-state.ts'

export type Stage = 'hot' | 'cold'

/**
 * Time of one partition: the log time of its oldest message that the stage has not finished, or, when there is none, the
 * moment its end was observed. Read it *before* the answer that it is said of.
 */
export async function processedThrough(
  log: EventLog,
  state: Pick<WorkerState, 'read'>,
  partition: number,
  stage: Stage,
): Promise<number> {
  // The order matters: the end first, the worker's progress after it.
  const end = await log.end(partition)
  const row = await state.read(partition)
  const through = (stage === 'hot' ? row?.hotThrough : row?.coldThrough) ?? 0
  if (through >= end.lastSeq) return end.observedAt
  return (await log.timeAfter(partition, through)) ?? end.observedAt
}

/** `as_of` of an answer from the cold store: the minimum over the partitions. */
export async function coldAsOf(log: EventLog, state: Pick<WorkerState, 'read'>): Promise<number> {
  const partitions = Array.from({ length: log.partitions }, (_, partition) => partition)
  const times = await Promise.all(
    partitions.map((partition) => processedThrough(log, state, partition, 'cold')),
  )
  return Math.min(...times)
}

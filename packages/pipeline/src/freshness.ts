// How far processing has come, said as a time of the log's clock: everything accepted before it has been processed.
import type { EventLog, LogEnd } from './ports/event-log.ts'
import type { StateRow, WorkerState } from './ports/worker-state.ts'

export type Stage = 'hot' | 'cold'

interface Seen {
  end: LogEnd
  row: StateRow | null
}

/** The order matters: the end first, the worker's progress after it. */
async function see(log: EventLog, state: Pick<WorkerState, 'read'>, partition: number): Promise<Seen> {
  const end = await log.end(partition)
  return { end, row: await state.read(partition) }
}

async function timeOf(log: EventLog, partition: number, { end, row }: Seen, stage: Stage): Promise<number> {
  const through = (stage === 'hot' ? row?.hotThrough : row?.coldThrough) ?? 0
  if (through >= end.lastSeq) return end.observedAt
  return (await log.timeAfter(partition, through)) ?? end.observedAt
}

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
  return timeOf(log, partition, await see(log, state, partition), stage)
}

/** How far each stage is behind, in the partition where it is furthest behind. Unit: milliseconds. */
export async function lagOf(log: EventLog, state: Pick<WorkerState, 'read'>): Promise<Record<Stage, number>> {
  const lags = await ofEachPartition(log, async (partition) => {
    const seen = await see(log, state, partition)
    const behind = async (stage: Stage) => seen.end.observedAt - (await timeOf(log, partition, seen, stage))
    return { hot: await behind('hot'), cold: await behind('cold') }
  })
  return {
    hot: Math.max(...lags.map(({ hot }) => hot)),
    cold: Math.max(...lags.map(({ cold }) => cold)),
  }
}

/** `as_of` of an answer from the stage's store: the minimum over the partitions. Read it *before* the answer, too. */
export async function asOf(log: EventLog, state: Pick<WorkerState, 'read'>, stage: Stage): Promise<number> {
  return Math.min(
    ...(await ofEachPartition(log, (partition) => processedThrough(log, state, partition, stage))),
  )
}

const ofEachPartition = <Result>(
  log: EventLog,
  ask: (partition: number) => Promise<Result>,
): Promise<Result[]> => Promise.all(Array.from({ length: log.partitions }, (_, partition) => ask(partition)))

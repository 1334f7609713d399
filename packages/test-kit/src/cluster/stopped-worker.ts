// The worker that wakes up late: an insert of it is on its way when it is stopped, and arrives, as does the worker, long after others
// took its partitions, finished its plan, and made more inserts than the cold store remembers tokens of.
import { setTimeout as sleep } from 'node:timers/promises'
import type { HeldLine } from './held-line.ts'
import type { ServiceProcess } from './service-process.ts'
import { workerFigures } from './worker-figures.ts'

export interface StoppedWorkerOptions {
  victim: ServiceProcess
  /** Between the victim and the cold store. */
  line: HeldLine
  /** Those that take over; the victim may be among them. */
  workers: readonly ServiceProcess[]
  /** How long the victim stays stopped at least: longer than its lease. Unit: milliseconds. */
  leastMs: number
  /** Inserts that the others must have made meanwhile. */
  leastInserts: number
  /** Gives up waiting for the inserts after that time. Unit: milliseconds. */
  mostMs: number
}

export interface StoppedWorker {
  /** Whether an insert into the events table was under way. */
  insertHeld: boolean
  /** Of the others, while it was stopped. */
  inserts: number
  stoppedMs: number
}

const INSERT = /INSERT[+ ]INTO[+ ]events_v1|INSERT%20INTO%20events_v1/
const INSERT_WAIT_MS = 20_000
/** The body follows its head at once. */
const BODY_MS = 30

/** Stops the victim and wakes it, with an insert on its way if it makes one within some seconds. */
export async function stopWorker(options: StoppedWorkerOptions): Promise<StoppedWorker> {
  const { victim, line, leastMs, mostMs } = options
  const others = options.workers.filter((worker) => worker !== victim)
  const insertHeld = await line.holdFrom(INSERT, INSERT_WAIT_MS)
  await sleep(BODY_MS)
  victim.signal('SIGSTOP')
  const stoppedAt = performance.now()
  const stoppedMs = (): number => performance.now() - stoppedAt
  let inserts = 0
  try {
    const countInserts = insertCounter(others)
    const before = await countInserts()
    while (stoppedMs() < leastMs || (inserts < options.leastInserts && stoppedMs() < mostMs)) {
      await sleep(100)
      inserts = (await countInserts()) - before
    }
  } finally {
    // First what was under way: it must meet the fence, not the worker's own second thoughts.
    line.release()
    await sleep(BODY_MS)
    victim.signal('SIGCONT')
  }
  return { insertHeld, inserts, stoppedMs: Math.round(stoppedMs()) }
}

/** Counts on with what is known of a worker that does not answer. */
function insertCounter(workers: readonly ServiceProcess[]): () => Promise<number> {
  const known = workers.map(() => 0)
  return async () => {
    const figures = await Promise.all(workers.map(({ url }) => workerFigures(url)))
    for (const [index, figure] of figures.entries()) if (figure !== null) known[index] = figure.coldInserts
    return known.reduce((sum, inserts) => sum + inserts, 0)
  }
}

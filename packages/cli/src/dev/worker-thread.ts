// Entry of the worker's thread: opens its own handles on log and state and the writing session of the cold store, brings the
// cold store's tables up to date, and runs the worker until it is told to stop. Guarantee: it ends by itself after `stop`, with
// every handle closed, because terminating a thread inside ClickHouse aborts the whole process; and never before `stop`, also after a
// failure, because the engine drops the sessions of all threads when one that used it ends.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { createLmdbEventLog, openChdb, openLmdbState } from '@penstock/embedded'
import { createClickHouseColdWriter, migrateCold } from '@penstock/pipeline/clickhouse'
import { createWorker } from '@penstock/worker'
import { createLogger } from '../terminal/logger.ts'
import { dataPaths } from './data-paths.ts'
import { createFailpoint } from '../process/failpoint-killer.ts'
import { beat } from './heartbeat.ts'
import { stepBack } from './step-back.ts'
import type { FromWorker, ToWorker, WorkerThreadData } from './worker-protocol.ts'
import { workerOptions } from './worker-options.ts'

const BEAT_INTERVAL_MS = 1000

const port = parentPort
if (port === null) throw new Error('worker-thread.js runs inside penstock dev only')
const say = (message: FromWorker): void => port.postMessage(message)
const data = workerData as WorkerThreadData
const logger = createLogger({ level: data.logLevel, thread: 'worker', pretty: data.pretty })

const toldToStop = new Promise<void>((resolve) => {
  port.on('message', ({ kind }: ToWorker) => {
    if (kind === 'stop') resolve()
  })
})
process.on('uncaughtException', sayFailed)
stepBack()
try {
  const { ended } = await start()
  say({ kind: 'ready' })
  await ended
  say({ kind: 'stopped' })
} catch (error) {
  sayFailed(error)
  await toldToStop
} finally {
  port.close()
}

function sayFailed(error: unknown): void {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  say({ kind: 'failed', message, ...(stack === undefined ? {} : { stack }) })
}

/** Resolves once the worker runs. `ended` resolves when it was told to stop, did, and everything is closed. */
async function start(): Promise<{ ended: Promise<void> }> {
  const paths = dataPaths(data.dataDir)
  const closers: (() => Promise<void>)[] = []
  const closeAll = async () => {
    for (const close of closers.reverse()) await close()
  }
  try {
    const log = await createLmdbEventLog({ path: paths.log, capBytes: data.logCapBytes, wake: data.wake })
    closers.push(() => log.close())
    const stores = await openLmdbState({ path: paths.state })
    closers.push(() => stores.close())
    const chdb = await openChdb({ path: paths.cold })
    closers.push(() => chdb.close())
    const client = chdb.writerClient()
    await migrateCold(client)
    const worker = createWorker(
      {
        log,
        state: stores.state,
        hot: stores.hot,
        cold: createClickHouseColdWriter(client),
        sweeper: stores.sweeper,
        projects: stores.projects,
        clock: Date.now,
        monotonic: () => performance.now(),
        sleep: wait,
        newToken: randomUUID,
        logger,
        failpoint: createFailpoint(data.failpoint),
      },
      workerOptions(data),
    )
    await worker.start()
    const showLife = (): void => beat(data.heartbeat, Date.now(), worker.alive())
    const beats = setInterval(showLife, BEAT_INTERVAL_MS)
    showLife()
    answerForMetrics(worker)
    const ended = toldToStop.then(async () => {
      clearInterval(beats)
      await worker.stop()
      await closeAll()
    })
    return { ended }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** Also resolves when the signal aborts. */
async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
}

function answerForMetrics(worker: { metrics(): Promise<string> }): void {
  port!.on('message', (message: ToWorker) => {
    if (message.kind === 'stop') return
    void worker.metrics().then(
      (text) => say({ kind: 'metrics', id: message.id, text }),
      () => say({ kind: 'metrics', id: message.id, text: '' }),
    )
  })
}

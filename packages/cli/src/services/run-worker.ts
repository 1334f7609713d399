// `penstock worker`: composition root of a worker process.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { REGISTRY_WINDOW_MS } from '@penstock/contract'
import { createClickHouseColdWriter, openClickHouse } from '@penstock/pipeline/clickhouse'
import { createWorker, type WorkerOptions } from '@penstock/worker'
import type { Logger } from 'pino'
import type { ServiceConfig } from '../config/service-config.ts'
import { createFailpoint } from '../process/failpoint-killer.ts'
import { startSideServer } from '../process/side-server.ts'
import type { ExitCode } from '../terminal/exit-code.ts'
import type { ServiceFlags } from './command.ts'
import { clickHouseOptions } from './open-clickhouse.ts'
import { openLetters, openLog } from './open-log.ts'
import { openStateStores } from './open-scylla.ts'
import { createClosers, runService, type Service } from './run-service.ts'
import { untilAvailable } from './until-available.ts'
import { workerHealth } from './worker-health.ts'

const DAY_MS = 86_400_000
const MIB = 1_048_576

export const runWorkerService = (flags: ServiceFlags): Promise<ExitCode> =>
  runService('worker', { flags }, startWorker)

async function startWorker(config: ServiceConfig, logger: Logger, signal: AbortSignal): Promise<Service> {
  const closers = createClosers()
  const waiting = { logger, signal }
  try {
    const log = await untilAvailable('log', () => openLog(config, logger), waiting)
    closers.add(() => log.close())
    const letters = await untilAvailable('log', () => openLetters(config, logger), waiting)
    closers.add(() => letters.close())
    const stores = await untilAvailable('state', () => openStateStores(config, logger, letters), waiting)
    closers.add(() => stores.close())
    const client = openClickHouse(clickHouseOptions(config))
    closers.add(() => client.close())
    const worker = createWorker(
      {
        log,
        state: stores.workerState,
        leases: stores.leases,
        hot: stores.hotStore,
        cold: createClickHouseColdWriter(client, { fenced: config.test.unsafe !== 'fence' }),
        sweeper: stores.hotSweeper,
        projects: stores.projects,
        clock: Date.now,
        monotonic: () => performance.now(),
        sleep: wait,
        newToken: randomUUID,
        logger,
        failpoint: createFailpoint(config.test.failpoint),
      },
      workerOptions(config),
    )
    // Before the worker starts, so that a supervisor can see it wait.
    const side = await startSideServer(
      { host: config.host, port: config.metricsPort ?? config.port },
      { metrics: () => worker.metrics(), ...workerHealth({ worker, log, stores, client, signal }) },
    )
    closers.add(() => side.close())
    closers.add(() => worker.stop())
    signal.addEventListener('abort', () => void worker.stop(), { once: true })
    await worker.start()
    return { facts: { url: side.url }, stop: () => closers.closeAll() }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

function workerOptions({ hotRetentionDays, leaseMs, test }: ServiceConfig): WorkerOptions {
  return {
    leaseMs,
    hotLingerMs: 10,
    // What one round of CQL batches takes well; larger ones only wait longer for their slowest part.
    hotMaxEvents: 5_000,
    coldLingerMs: 500, // half of what the freshness of answers may cost
    coldMaxEvents: 10_000,
    coldMaxBytes: 4 * MIB,
    bufferBytes: 48 * MIB,
    purgeMarginMs: 10_000,
    registryWindowMs: REGISTRY_WINDOW_MS,
    hotRetentionMs: hotRetentionDays * DAY_MS,
    sweepIntervalMs: 60_000,
    safety: {
      positionOwner: test.unsafe !== 'position_owner',
      missingRows: test.unsafe !== 'missing_rows',
    },
  }
}

/** Also resolves when the signal aborts. */
async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
}

// The composition root of embedded mode: one process, the gateway in this thread, the worker in its own. The only place that
// names adapters. Guarantee: when it resolves, an event sent to `url` is stored durably before it is answered; when it
// throws, everything that was opened is closed again and the directory is free.
import { resolve } from 'node:path'
import {
  createLmdbEventLog,
  createLogWake,
  lockDataDirectory,
  openChdb,
  openLmdbState,
} from '@penstock/embedded'

import { createGateway } from '@penstock/gateway'
import { createClickHouseColdReader, createClickHouseQuestions } from '@penstock/pipeline/clickhouse'
import type { Logger } from 'pino'
import { readBrowserScript } from '../browser-script.ts'
import { isLoopback } from '../config/loopback.ts'
import type { Config } from '../config/options.ts'
import { dataPaths } from './data-paths.ts'
import { createFailpoint } from '../process/failpoint-killer.ts'
import { ensureFirstProject } from '../process/first-project.ts'
import { GATEWAY_OPTIONS, PROJECT_RETENTION_DAYS, READ_LIMITS, READ_SESSIONS } from './gateway-options.ts'
import { listen } from '../process/listen.ts'
import { startSideServer } from '../process/side-server.ts'
import { type WorkerThread, startWorkerThread } from './worker-thread-handle.ts'

export interface Embedded {
  url: string
  metricsUrl: string
  /** Resolves with the reason when the worker's thread failed: the process must end at once. */
  workerDied: Promise<Error>
  /** Readiness fails, intake stops, what is in flight is finished, the worker finishes its step, everything is closed. */
  stop(): Promise<void>
}

// Nobody balances load between loopback addresses; elsewhere a balancer asks about once a second.
const DRAIN_MS = 1500

export async function startEmbedded(
  config: Config,
  logger: Logger,
  options: { pretty: boolean },
): Promise<Embedded> {
  const closers: (() => Promise<void> | void)[] = []
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const dataDir = resolve(config.dataDir)
    const lock = await lockDataDirectory(dataDir)
    closers.push(() => lock.release())
    const paths = dataPaths(dataDir)
    const wake = createLogWake()
    const log = await createLmdbEventLog({ path: paths.log, capBytes: config.logCapBytes, wake })
    closers.push(() => log.close())
    const stores = await openLmdbState({ path: paths.state })
    closers.push(() => stores.close())
    await firstProject(config, stores.projects, logger)

    const worker = config.test.worker ? startWorkerThread(workerFile(), threadData(), Date.now) : null
    if (worker !== null) closers.push(() => worker.stop())
    await worker?.ready

    const chdb = await openChdb({ path: paths.cold })
    closers.push(() => chdb.close())
    const reader = createClickHouseColdReader(chdb.readerClient(READ_SESSIONS), READ_LIMITS)
    const gateway = await createGateway(
      {
        log,
        state: stores.state,
        hot: stores.hot,
        deadLetters: stores.deadLetters,
        projects: stores.projects,
        questions: createClickHouseQuestions(reader),
        coldPing: () => reader.ping(),
        clock: Date.now,
        logger,
        failpoint: createFailpoint(config.test.failpoint),
        ...workerView(worker),
      },
      {
        ...GATEWAY_OPTIONS,
        metrics: metricsAccess(config),
        trustProxy: [...config.trustProxy],
        browserScript: readBrowserScript(),
        durableBefore202: config.test.unsafe !== 'durable_before_202',
      },
    )
    closers.push(() => gateway.stop({ drainMs: isLoopback(config.host) ? 0 : DRAIN_MS }))
    const { host, metricsPort } = config
    const metrics =
      metricsPort === null
        ? null
        : await startSideServer({ host, port: metricsPort }, { metrics: () => gateway.metrics() })
    if (metrics !== null) closers.push(() => metrics.close())
    const url = await listen(gateway.app, config)
    return {
      url,
      metricsUrl: `${metrics?.url ?? url}/metrics`,
      workerDied: worker?.died ?? new Promise(() => undefined),
      stop: closeAll,
    }

    function threadData() {
      const { logCapBytes, hotRetentionDays, logLevel, test } = config
      const { failpoint, unsafe } = test
      return {
        dataDir,
        logCapBytes,
        hotRetentionDays,
        logLevel,
        pretty: options.pretty,
        failpoint,
        unsafe,
        wake,
      }
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

const workerFile = (): URL => new URL('./worker-thread.js', import.meta.url)

const workerView = (worker: WorkerThread | null) =>
  worker === null ? {} : { workerMetrics: () => worker.metrics(), workerAlive: () => worker.alive() }

function metricsAccess(config: Config): 'open' | 'admin' | 'off' {
  if (config.metricsPort !== null) return 'off'
  return isLoopback(config.host) ? 'open' : 'admin'
}

async function firstProject(
  config: Config,
  projects: Parameters<typeof ensureFirstProject>[0],
  logger: Logger,
): Promise<void> {
  const { project, writeKey, readKey, adminKey } = config
  const wanted = { project, writeKey, readKey, adminKey, retentionDays: PROJECT_RETENTION_DAYS }
  const { created, changedKeys } = await ensureFirstProject(projects, wanted, Date.now())
  if (created) logger.info({ event: 'project.created', project }, 'first project made')
  else if (changedKeys.length > 0) logger.info({ event: 'keys.changed', roles: changedKeys }, 'keys changed')
}

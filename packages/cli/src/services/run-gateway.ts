// `penstock gateway`: composition root of a process that takes events in, answers questions, or both. It keeps nothing itself.
import { createGateway } from '@penstock/gateway'
import {
  createClickHouseColdReader,
  createClickHouseQuestions,
  openClickHouseForQuestions,
} from '@penstock/pipeline/clickhouse'
import type { Logger } from 'pino'
import { isLoopback } from '../config/loopback.ts'
import type { ServiceConfig } from '../config/service-config.ts'
import { createFailpoint } from '../process/failpoint-killer.ts'
import { collectLessOften } from '../process/heap-growth.ts'
import { listen } from '../process/listen.ts'
import { startSideServer } from '../process/side-server.ts'
import type { ExitCode } from '../terminal/exit-code.ts'
import type { GatewayFlags } from './command.ts'
import { clickHouseOptions } from './open-clickhouse.ts'
import { openLetters, openLog } from './open-log.ts'
import { openStateStores } from './open-scylla.ts'
import { createClosers, runService, type Service } from './run-service.ts'
import { untilAvailable } from './until-available.ts'

/** Of one question; the user that asks should have limits of its own in the server. */
const READ_LIMITS = { maxExecutionMs: 10_000, maxResultRows: 100_000 } as const

// A balancer asks about once a second.
const DRAIN_MS = 1_500

export const runGatewayService = (flags: GatewayFlags): Promise<ExitCode> =>
  runService(
    'gateway',
    { flags, overrides: { PENSTOCK_HOST: flags.host, PENSTOCK_PORT: flags.port } },
    (config, logger, signal) => startGateway(config, { serve: flags.serve, logger, signal }),
  )

async function startGateway(
  config: ServiceConfig,
  context: { serve: GatewayFlags['serve']; logger: Logger; signal: AbortSignal },
): Promise<Service> {
  const { serve, logger } = context
  const closers = createClosers()
  collectLessOften()
  try {
    const log = await untilAvailable('log', () => openLog(config, logger), context)
    closers.add(() => log.close())
    const letters = await untilAvailable('log', () => openLetters(config, logger), context)
    closers.add(() => letters.close())
    const stores = await untilAvailable('state', () => openStateStores(config, logger, letters), context)
    closers.add(() => stores.close())
    const client = openClickHouseForQuestions(clickHouseOptions(config))
    closers.add(() => client.close())
    // Streams have connections of their own: slow downloads must not stand in the way of answers.
    const streamClient = openClickHouseForQuestions(clickHouseOptions(config))
    closers.add(() => streamClient.close())
    const limits = { ...READ_LIMITS, maxMemoryBytes: config.questionMemoryBytes }
    const reader = createClickHouseColdReader(client, limits, streamClient)
    const deps = {
      log,
      state: stores.workerState,
      hot: stores.hotStore,
      deadLetters: stores.deadLetters,
      letterFill: () => letters.fill(),
      projects: stores.projects,
      questions: createClickHouseQuestions(reader),
      coldPing: () => reader.ping(),
      clock: Date.now,
      logger,
      failpoint: createFailpoint(config.test.failpoint),
    }
    const options = {
      serve,
      metrics: metricsAccess(config),
      maxInflightBytes: 67_108_864,
      importMaxLagMs: 2_000,
      clockDifferenceMs: config.clockDifferenceMs,
      trustProxy: [...config.trustProxy],
      durableBefore202: config.test.unsafe !== 'durable_before_202',
    }
    const gateway = await untilAvailable('projects', () => createGateway(deps, options), context)
    closers.add(() => gateway.stop({ drainMs: DRAIN_MS }))
    const { host, metricsPort } = config
    const side =
      metricsPort === null
        ? null
        : await startSideServer({ host, port: metricsPort }, { metrics: () => gateway.metrics() })
    if (side !== null) closers.add(() => side.close())
    const url = await listen(gateway.app, config)
    return {
      facts: { url, serve, metrics: `${side?.url ?? url}/metrics` },
      stop: () => closers.closeAll(),
    }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

function metricsAccess(config: ServiceConfig): 'open' | 'admin' | 'off' {
  if (config.metricsPort !== null) return 'off'
  return isLoopback(config.host) ? 'open' : 'admin'
}

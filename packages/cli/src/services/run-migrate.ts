// `penstock migrate`: makes or upgrades what the services need in every store, and the first project with its keys. Repeatable; the
// stores are brought up to date one after the other, so a failure says which one it is.
import { createClickHouseDatabase, migrateCold, openClickHouse } from '@penstock/pipeline/clickhouse'
import { migrateJetStream } from '@penstock/pipeline/jetstream'
import { migrateScylla } from '@penstock/pipeline/scylla'
import type { Logger } from 'pino'
import type { ServiceConfig } from '../config/service-config.ts'
import { ensureFirstProject } from '../process/first-project.ts'
import { startFailure } from '../process/start-failure.ts'
import { EXIT, type ExitCode } from '../terminal/exit-code.ts'
import { createLogger } from '../terminal/logger.ts'
import { readCount } from '../terminal/read-count.ts'
import type { MigrateFlags } from './command.ts'
import { clickHouseOptions } from './open-clickhouse.ts'
import { logOptions } from './open-log.ts'
import { openStateStores, scyllaConnection } from './open-scylla.ts'
import { printConfig, readServiceConfig } from './run-service.ts'
import { untilAvailable } from './until-available.ts'

/** Longer than anybody's history: an import of old events must not be swept at once. */
const PROJECT_RETENTION_DAYS = 3650
const MOST_WAIT_S = 3_600

export async function runMigrate(flags: MigrateFlags): Promise<ExitCode> {
  const { config, warnings } = readServiceConfig('migrate', {})
  if (flags.printConfig === true) return printConfig(config, warnings)
  const waitS = readCount('--wait', flags.wait, { min: 0, max: MOST_WAIT_S })
  const logger = createLogger({ level: config.logLevel, thread: 'migrate', pretty: process.stderr.isTTY })
  for (const warning of warnings) logger.warn({ event: 'config.unknown' }, warning)
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), waitS * 1000)
  try {
    await migrate(config, logger, patience.signal)
  } catch (error) {
    throw startFailure(error)
  } finally {
    clearTimeout(timer)
  }
  process.stdout.write(
    flags.json === true ? '{"migrated":true}\n' : 'migrated: streams, keyspaces, tables, project\n',
  )
  return EXIT.ok
}

async function migrate(config: ServiceConfig, logger: Logger, signal: AbortSignal): Promise<void> {
  const waiting = { logger, signal }
  await untilAvailable(
    'log',
    () => migrateJetStream({ ...logOptions(config, logger), letterBytes: config.nats.letterCapBytes }),
    waiting,
  )
  const { cql } = config
  const replication = { class: 'NetworkTopologyStrategy', [cql.dataCenter]: cql.replication }
  await untilAvailable(
    'state',
    () => migrateScylla({ ...scyllaConnection(config, logger), replication }),
    waiting,
  )
  await untilAvailable('cold', () => migrateClickHouse(config), waiting)
  await untilAvailable('projects', () => firstProject(config, logger), waiting)
}

async function migrateClickHouse(config: ServiceConfig): Promise<void> {
  const options = clickHouseOptions(config)
  await createClickHouseDatabase(options)
  const client = openClickHouse(options)
  try {
    await migrateCold(client)
  } finally {
    await client.close()
  }
}

async function firstProject(config: ServiceConfig, logger: Logger): Promise<void> {
  const stores = await openStateStores(config, logger, null)
  try {
    const { project, writeKey, readKey, adminKey } = config
    const wanted = { project, writeKey, readKey, adminKey, retentionDays: PROJECT_RETENTION_DAYS }
    const { created, changedKeys } = await ensureFirstProject(stores.projects, wanted, Date.now())
    if (created) logger.info({ event: 'project.created', project }, 'first project made')
    else if (changedKeys.length > 0)
      logger.info({ event: 'keys.changed', roles: changedKeys }, 'keys changed')
  } finally {
    await stores.close()
  }
}

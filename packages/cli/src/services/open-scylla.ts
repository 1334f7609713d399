import { REGISTRY_WINDOW_MS } from '@penstock/contract'
import type { LetterBodies } from '@penstock/pipeline'
import { openScylla, type ScyllaConnection, type ScyllaStores } from '@penstock/pipeline/scylla'
import type { Logger } from 'pino'
import type { ServiceConfig } from '../config/service-config.ts'
import { tlsOptions } from './tls-options.ts'

const DAY_MS = 86_400_000

export function scyllaConnection({ cql }: ServiceConfig, logger: Logger): ScyllaConnection {
  const tls = tlsOptions(cql.tls)
  return {
    contactPoints: cql.contactPoints,
    localDataCenter: cql.dataCenter,
    keyspace: cql.keyspace,
    stateKeyspace: cql.stateKeyspace,
    ...(cql.user === null || cql.password === null ? {} : { user: cql.user, password: cql.password }),
    ...(tls === null ? {} : { tls }),
    logger,
  }
}

/** @param letterBodies - null for who has nothing to do with dead letters. */
export function openStateStores(
  config: ServiceConfig,
  logger: Logger,
  letterBodies: LetterBodies | null,
): Promise<ScyllaStores> {
  return openScylla({
    ...scyllaConnection(config, logger),
    registryWindowMs: REGISTRY_WINDOW_MS,
    hotRetentionMs: config.hotRetentionDays * DAY_MS,
    ...(letterBodies === null ? {} : { letterBodies }),
  })
}

import type { LetterBodies } from '@penstock/pipeline'
import {
  openDeadLetterStream,
  openJetStreamLog,
  type JetStreamLog,
  type JetStreamLogOptions,
} from '@penstock/pipeline/jetstream'
import type { Logger } from 'pino'
import type { ServiceConfig } from '../config/service-config.ts'
import { tlsOptions } from './tls-options.ts'

export function logOptions({ nats }: ServiceConfig, logger: Logger): JetStreamLogOptions {
  const tls = tlsOptions(nats.tls)
  return {
    servers: nats.servers,
    ...(nats.user === null || nats.password === null ? {} : { user: nats.user, password: nats.password }),
    ...(tls === null ? {} : { tls }),
    name: nats.name,
    partitions: nats.partitions,
    maxBytes: nats.capBytes,
    replicas: nats.replicas,
    logger,
  }
}

export const openLog = (config: ServiceConfig, logger: Logger): Promise<JetStreamLog> =>
  openJetStreamLog(logOptions(config, logger))

export const openLetters = (config: ServiceConfig, logger: Logger): Promise<LetterBodies> =>
  openDeadLetterStream(logOptions(config, logger))

// What the JetStream adapters are told, with defaults and bounds.
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { PipelineError } from '../errors.ts'

/** The part of a structured logger (pino's) that is used. Never given payloads or credentials. */
export interface JetStreamLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface NatsConnectionOptions {
  /** `nats://host:port`, one or several of one cluster. */
  servers: readonly string[]
  user?: string
  password?: string
  token?: string
  /** Encrypts the connection. @defaultValue none, unless the server asks for it */
  tls?: Pick<TlsOptions, 'ca' | 'cert' | 'key'>
  /** Shown by the server beside the connection. @defaultValue `penstock` */
  clientName?: string
  /** Longest time until the first connection stands. Unit: milliseconds. @defaultValue 5 000 */
  connectTimeoutMs?: number
  logger?: JetStreamLogger
}

export interface JetStreamLogOptions extends NatsConnectionOptions {
  /** Prefix of every stream and subject: 1–32 of `[A-Za-z0-9_-]`. */
  name: string
  /** Stored with the log when it is made; another number is refused later. Bounds: 1–1,024. */
  partitions: number
  /** Cap of the whole log, split evenly: a partition refuses appends above its share. Unit: bytes. */
  maxBytes: number
  /** Copies of every stream: 1, 3 or 5. @defaultValue 1 */
  replicas?: number
  /**
   * Longest time of one append, its repetitions included. Below the two minutes for which the server knows message ids.
   * Unit: milliseconds. Bounds: 100–60 000. @defaultValue 10 000
   */
  publishDeadlineMs?: number
  /** Longest wait for any other answer of the server. Unit: milliseconds. @defaultValue 5 000 */
  requestTimeoutMs?: number
}

export const DEFAULT_CONNECT_TIMEOUT_MS = 5_000
export const DEFAULT_PUBLISH_DEADLINE_MS = 10_000
export const DEFAULT_REQUEST_TIMEOUT_MS = 5_000

/** How long the server knows message ids. An append's repetitions end long before. */
export const DUPLICATE_WINDOW_MS = 120_000

export interface ResolvedLogOptions {
  name: string
  partitions: number
  /** Of one partition. */
  partitionBytes: number
  replicas: number
  publishDeadlineMs: number
  requestTimeoutMs: number
}

/** @throws PipelineError `rejected` naming every setting that is out of bounds. */
export function resolveLogOptions(options: JetStreamLogOptions): ResolvedLogOptions {
  const {
    name,
    partitions,
    maxBytes,
    replicas = 1,
    publishDeadlineMs = DEFAULT_PUBLISH_DEADLINE_MS,
    requestTimeoutMs = DEFAULT_REQUEST_TIMEOUT_MS,
  } = options
  const wrong = [
    ...(/^[A-Za-z0-9_-]{1,32}$/.test(name) ? [] : ['its name must be 1-32 of [A-Za-z0-9_-]']),
    ...(within(partitions, 1, 1024) ? [] : ['partitions must be 1-1024']),
    ...(within(maxBytes, partitions, Number.MAX_SAFE_INTEGER) ? [] : ['maxBytes must be a positive number']),
    ...([1, 3, 5].includes(replicas) ? [] : ['replicas must be 1, 3 or 5']),
    ...(within(publishDeadlineMs, 100, 60_000) ? [] : ['publishDeadlineMs must be 100-60000']),
  ]
  if (wrong.length > 0) throw new PipelineError('rejected', 'log', `The log's settings: ${wrong.join('; ')}.`)
  const partitionBytes = Math.floor(maxBytes / partitions)
  return { name, partitions, partitionBytes, replicas, publishDeadlineMs, requestTimeoutMs }
}

const within = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most

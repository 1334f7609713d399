// Connections to a ClickHouse server over HTTP. The client repeats nothing by itself; idle sockets are dropped before the server
// drops them (its keep-alive is 10 s or more), so that a request never goes into a closed one.
import { ClickHouseLogLevel, createClient, type ClickHouseClientConfigOptions } from '@clickhouse/client'
import type { ColdClient } from './cold-client.ts'
import { mapColdError } from './map-error.ts'

export interface ClickHouseOptions {
  /** `http://host:port` or `https://host:port`. */
  url: string
  /** @defaultValue `default` */
  user?: string
  /** @defaultValue none */
  password?: string
  /** Letters, digits and `_`. It must be there, see {@link createClickHouseDatabase}. */
  database: string
  /** Certificate that the server is checked with, and an own one to show, in PEM. @defaultValue the system's certificates, none of its own */
  tls?: { ca: Buffer; cert?: Buffer; key?: Buffer }
  /** Requests at once; more wait in line. @defaultValue 10 */
  maxConnections?: number
  /** Longest time without anything of an answer. Unit: milliseconds. @defaultValue 60 000 */
  requestTimeoutMs?: number
}

const DEFAULT_MAX_CONNECTIONS = 10
const DEFAULT_REQUEST_TIMEOUT_MS = 60_000
const IDLE_SOCKET_TTL_MS = 2_500
const DATABASE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** For a user who may write. Connects at the first call; closing it is the caller's. */
export const openClickHouse = (options: ClickHouseOptions): ColdClient => createClient(configuration(options))

/**
 * For a user who may only ask (`readonly = 1`, docs/operations says which settings it must be let change): a question ends in the
 * server when its caller is gone. Questions and streams need a connection of their own each, or a few slow downloads stand in the
 * way of every answer.
 */
export const openClickHouseForQuestions = (options: ClickHouseOptions): ColdClient =>
  createClient({
    ...configuration(options),
    clickhouse_settings: { cancel_http_readonly_queries_on_client_close: 1 },
  })

/**
 * Makes the database when it is not there; the user needs the right to. Idempotent.
 * @throws PipelineError
 */
export async function createClickHouseDatabase(options: ClickHouseOptions): Promise<void> {
  const client = createClient({ ...configuration(options), database: 'default' })
  try {
    await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${options.database}` })
  } catch (error) {
    throw mapColdError(error)
  } finally {
    await client.close()
  }
}

const tlsOf = ({ ca, cert, key }: NonNullable<ClickHouseOptions['tls']>) =>
  cert === undefined || key === undefined ? { ca_cert: ca } : { ca_cert: ca, cert, key }

function configuration(options: ClickHouseOptions): ClickHouseClientConfigOptions {
  const { url, user, password, database, tls } = options
  if (!DATABASE_NAME.test(database))
    throw new Error('the ClickHouse database must be a name of letters, digits and _')
  return {
    url,
    database,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls: tlsOf(tls) }),
    application: 'penstock',
    max_open_connections: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    request_timeout: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
    // Compressed answers are a setting, which a read-only user may not change.
    compression: { request: false, response: false },
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_TTL_MS, eagerly_destroy_stale_sockets: true },
    log: { level: ClickHouseLogLevel.OFF },
  }
}

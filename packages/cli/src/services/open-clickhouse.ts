// The connection to ClickHouse over HTTP, as the cold store's code wants it. Opening sends nothing: whether somebody answers is seen
// with the first statement.
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client'
import type { ServiceConfig } from '../config/service-config.ts'
import { tlsOptions } from './tls-options.ts'

// Longer than the longest insert or question; what takes longer has an outcome that is not known.
const REQUEST_TIMEOUT_MS = 30_000
// Below the server's own 10 s: a socket that it is about to close is never used.
const IDLE_SOCKET_MS = 2_500
const CONNECTIONS = 16

/** @param database - @defaultValue the configured one; null for the server's own, before ours is made */
export function openColdClient(
  { clickhouse }: ServiceConfig,
  database: string | null = clickhouse.database,
): ClickHouseClient {
  const tls = tlsOptions(clickhouse.tls)
  return createClient({
    url: clickhouse.url,
    ...(database === null ? {} : { database }),
    username: clickhouse.user,
    password: clickhouse.password,
    application: 'penstock',
    compression: { request: false, response: false },
    log: { level: ClickHouseLogLevel.OFF },
    request_timeout: REQUEST_TIMEOUT_MS,
    max_open_connections: CONNECTIONS,
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_MS },
    ...(tls?.ca === undefined ? {} : { tls: clientTls({ ...tls, ca: tls.ca }) }),
  })
}

// The client takes an own certificate only together with the server's.
const clientTls = ({ ca, cert, key }: { ca: Buffer; cert?: Buffer; key?: Buffer }) =>
  cert === undefined || key === undefined ? { ca_cert: ca } : { ca_cert: ca, cert, key }

// The three servers behind the services, as processes of this test run with data of their own, and what the services must be told.
import { join } from 'node:path'
import { CASSANDRA_DATA_CENTER, startCassandra } from '../servers/cassandra-server.ts'
import { CLICKHOUSE_TEST_USERS, startClickHouse } from '../servers/clickhouse-server.ts'
import { startNats } from '../servers/nats-server.ts'
import type { TestServer } from '../servers/server-process.ts'
import type { ServiceKind } from './service-process.ts'

export interface Stores {
  readonly nats: TestServer
  readonly cql: TestServer
  readonly clickhouse: TestServer
  /** For every service. */
  readonly env: Readonly<Record<string, string>>
  /** For services of a kind besides: who they are to ClickHouse. */
  readonly envOf: (kind: ServiceKind | 'migrate') => Readonly<Record<string, string>>
  stop(): Promise<void>
}

// Workers and the migration write; whoever answers may only ask.
function envOf(kind: ServiceKind | 'migrate'): Readonly<Record<string, string>> {
  const user = kind === 'worker' || kind === 'migrate' ? 'penstock' : 'penstock_questions'
  return {
    PENSTOCK_CLICKHOUSE_USER: user,
    PENSTOCK_CLICKHOUSE_PASSWORD: CLICKHOUSE_TEST_USERS[user].password,
  }
}

/** What services must be told of servers that somebody else started. */
export function storesAt({
  nats,
  cql,
  clickhouse,
}: Readonly<Record<'nats' | 'cql' | 'clickhouse', { host: string; port: number }>>): Pick<
  Stores,
  'env' | 'envOf'
> {
  const env = {
    PENSTOCK_NATS_URL: `nats://${nats.host}:${nats.port}`,
    PENSTOCK_CQL_CONTACT_POINTS: `${cql.host}:${cql.port}`,
    PENSTOCK_CQL_DATACENTER: CASSANDRA_DATA_CENTER,
    PENSTOCK_CLICKHOUSE_URL: `http://${clickhouse.host}:${clickhouse.port}`,
  }
  return { env, envOf }
}

/** Throws ServerMissing when one of them cannot be had on this machine. */
export async function startStores(directory: string): Promise<Stores> {
  const started: TestServer[] = []
  const keep = <Server extends TestServer>(server: Server): Server => {
    started.push(server)
    return server
  }
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.stop()))
  }
  try {
    const [nats, cql, clickhouse] = await Promise.all([
      startNats({ directory: join(directory, 'nats') }).then(keep),
      startCassandra({ directory: join(directory, 'cql') }).then(keep),
      startClickHouse({ directory: join(directory, 'clickhouse') }).then(keep),
    ])
    return { nats, cql, clickhouse, ...storesAt({ nats, cql, clickhouse }), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

// One schema on a test's CQL server, empty at the beginning of every test. Making tables is slow and takes the server's memory, so they
// are made once per file and emptied in between.
import cassandra from 'cassandra-driver'
import { migrateScylla, openScylla, type ScyllaOptions, type ScyllaStores } from '../../src/scylla/index.ts'
import { createCql } from '../../src/scylla/cql.ts'
import { createLimiter } from '../../src/scylla/limiter.ts'
import { createScyllaPorts } from '../../src/scylla/open-scylla.ts'
import type { WorkerState } from '../../src/ports/worker-state.ts'
import { CQL_MIGRATIONS } from '../../src/scylla/migrations.ts'
import type { OpenedState } from '../../src/ports/worker-state.contract.ts'
import { SAMPLE_TIME } from '../../src/ports/sample-events.ts'

export const DAY_MS = 86_400_000
export const REPLICATION = { class: 'SimpleStrategy', replication_factor: 1 }

export interface TestSchema {
  readonly options: ScyllaOptions
  /** For looking at tables from outside. */
  readonly client: cassandra.Client
  open(change?: Partial<ScyllaOptions>): Promise<ScyllaStores & OpenedState>
  /** The worker's state on another client. */
  openOn(client: cassandra.Client): WorkerState
  empty(): Promise<void>
  drop(): Promise<void>
}

export async function createSchema(
  server: { host: string; port: number },
  name: string,
): Promise<TestSchema> {
  const keyspace = `${name}_${process.pid}_${Date.now().toString(36)}`
  const options: ScyllaOptions = {
    contactPoints: [`${server.host}:${server.port}`],
    localDataCenter: 'datacenter1',
    keyspace,
    stateKeyspace: `${keyspace}_state`,
    registryWindowMs: 35 * DAY_MS,
    hotRetentionMs: 90 * DAY_MS,
    // The samples' time, whenever the suite runs.
    clock: () => SAMPLE_TIME,
    logger: { info: () => undefined, warn: () => undefined },
  }
  await migrateScylla({ ...options, replication: REPLICATION })
  const client = new cassandra.Client({
    contactPoints: [...options.contactPoints],
    localDataCenter: options.localDataCenter,
    encoding: { useBigIntAsLong: true },
  })
  await client.connect()
  const tables = CQL_MIGRATIONS.flatMap(({ statements }) => statements(options)).map(
    (statement) => /EXISTS (\S+)/.exec(statement)?.[1] ?? '',
  )

  async function empty(): Promise<void> {
    await Promise.all(
      tables.map(async (table) => {
        const found = await client.execute(`SELECT * FROM ${table} LIMIT 1`)
        if (found.rows.length > 0) await client.execute(`TRUNCATE ${table}`)
      }),
    )
  }

  return {
    options,
    client,
    empty,
    open: async (change) => {
      const stores = await openScylla({ ...options, ...change })
      return { ...stores, state: stores.workerState, hot: stores.hotStore }
    },
    openOn: (other) => createScyllaPorts(createCql(other, createLimiter(1)), options).workerState,
    drop: async () => {
      await client.execute(`DROP KEYSPACE IF EXISTS ${options.keyspace}`)
      await client.execute(`DROP KEYSPACE IF EXISTS ${options.stateKeyspace}`)
      await client.shutdown()
    },
  }
}

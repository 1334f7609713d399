// Brings keyspaces and tables to what this program knows, and refuses a schema that it does not know. Every step may be repeated: a
// crash between a step and its record runs the step again. One run at a time: servers without schema transactions (Cassandra)
// may end up with two versions of a table that two runs create at once.
import type cassandra from 'cassandra-driver'
import { PipelineError } from '../errors.ts'
import { connectCql } from './connect.ts'
import { mapCqlError } from './map-error.ts'
import { CQL_MIGRATIONS } from './migrations.ts'
import type { MigrateScyllaOptions, ScyllaConnection } from './options.ts'
import { createStatements } from './statements.ts'

/**
 * Creates or upgrades the schema. Idempotent. Resolves when all servers agree about it.
 * @throws PipelineError `rejected` (options; a schema newer than this program or with another history: nothing was changed),
 * `unavailable`, `outcome_unknown` (run it again).
 */
export async function migrateScylla(options: MigrateScyllaOptions): Promise<void> {
  const client = await connectCql(options)
  try {
    await createKeyspaces(client, options)
    await change(client, recordTable(options.stateKeyspace))
    const done = await recordedMigrations(client, options)
    for (const [index, { name, statements }] of CQL_MIGRATIONS.entries()) {
      if (done.has(index + 1)) continue
      for (const statement of statements(options)) await change(client, statement)
      await client.execute(
        `INSERT INTO ${options.stateKeyspace}.schema_migrations (number, name) VALUES (?, ?)`,
        [index + 1, name],
        { prepare: true, isIdempotent: true },
      )
      options.logger.info({ event: 'schema.migrated', number: index + 1, name }, 'schema step done')
    }
  } catch (error) {
    throw mapCqlError(error, 'state', 'write')
  } finally {
    await client.shutdown()
  }
}

/** @throws PipelineError `unavailable` when steps are missing, `rejected` when there are others. */
export async function assertMigrated(client: cassandra.Client, options: ScyllaConnection): Promise<void> {
  let done: Set<number>
  try {
    done = await recordedMigrations(client, options)
  } catch (error) {
    throw mapCqlError(error, 'state', 'read')
  }
  if (done.size === CQL_MIGRATIONS.length) return
  throw new PipelineError(
    'unavailable',
    'state',
    `The CQL store's schema is at step ${done.size} of ${CQL_MIGRATIONS.length}: run \`penstock migrate\`.`,
    { driverCode: 'not_migrated' },
  )
}

async function createKeyspaces(client: cassandra.Client, options: MigrateScyllaOptions): Promise<void> {
  const replication = Object.entries(options.replication)
    .map(([name, value]) => `${quoted(name)}: ${typeof value === 'number' ? value : quoted(value)}`)
    .join(', ')
  const create = (name: string): string =>
    `CREATE KEYSPACE IF NOT EXISTS ${name} WITH replication = {${replication}} AND durable_writes = true`
  await change(client, create(options.keyspace))
  // Lightweight transactions and tablets do not go together before ScyllaDB 2025.4; elsewhere the clause is an error.
  const withoutTablets = (await isScylla(client)) ? ` AND tablets = {'enabled': false}` : ''
  await change(client, create(options.stateKeyspace) + withoutTablets)
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** A table of its own catalogue tells it; Apache Cassandra calls the query invalid. */
async function isScylla(client: cassandra.Client): Promise<boolean> {
  try {
    await client.execute('SELECT table_name FROM system_schema.scylla_tables LIMIT 1', [], { prepare: false })
    return true
  } catch (error) {
    if (mapCqlError(error, 'state', 'read').driverCode === 'invalid') return false
    throw error
  }
}

const recordTable = (ks: string): string =>
  `CREATE TABLE IF NOT EXISTS ${ks}.schema_migrations (number int PRIMARY KEY, name text)`

async function change(client: cassandra.Client, statement: string): Promise<void> {
  const result = await client.execute(statement, [], { prepare: false, isIdempotent: true })
  // The driver says it; its types do not.
  if ((result.info as { isSchemaInAgreement?: boolean }).isSchemaInAgreement === true) return
  throw new PipelineError(
    'outcome_unknown',
    'state',
    'The CQL servers do not agree about the schema yet: run the migration again when all of them are up.',
    { driverCode: 'schema_disagreement' },
  )
}

async function recordedMigrations(client: cassandra.Client, options: ScyllaConnection): Promise<Set<number>> {
  const { migrations } = createStatements(options)
  const result = await client.execute(migrations.cql, [], { prepare: true, isIdempotent: true })
  for (const row of result.rows) {
    const number = row['number'] as number
    const known = CQL_MIGRATIONS[number - 1]
    if (known === undefined) {
      throw refused(
        `step ${number} was made by a newer release; this one knows ${CQL_MIGRATIONS.length}. Start that release`,
      )
    }
    if (known.name !== row['name']) throw refused(`step ${number} is not this program's`)
  }
  return new Set(result.rows.map((row) => row['number'] as number))
}

const refused = (what: string): PipelineError =>
  new PipelineError('rejected', 'state', `The CQL store's schema cannot be used: ${what}.`)

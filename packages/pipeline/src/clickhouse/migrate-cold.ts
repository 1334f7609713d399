// Brings the cold store's schema to what this program knows, and refuses one that it does not know.
// Every step may be repeated: a crash between a step and its record runs the step again.
import { PipelineError } from '../errors.ts'
import type { ColdClient } from './cold-client.ts'
import { mapColdError } from './map-error.ts'
import { MIGRATIONS } from './migrations.ts'

const CREATE_RECORD = `
CREATE TABLE IF NOT EXISTS schema_migrations
(
    number UInt32,
    name   String
)
ENGINE = ReplacingMergeTree
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`

/**
 * Creates or upgrades the tables. Idempotent; several processes may start at once.
 * @throws PipelineError `rejected` when the schema is newer than this program or its history is another one: nothing was changed.
 */
export async function migrateCold(client: ColdClient): Promise<void> {
  try {
    await client.command({ query: CREATE_RECORD })
    const done = await recorded(client)
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (done.has(index + 1)) continue
      for (const statement of migration.statements) await client.command({ query: statement })
      // Names are ours, letters and digits only. SETTINGS in the statement, see insert-statement.ts.
      await client.command({
        query: `INSERT INTO schema_migrations (number, name) SETTINGS async_insert = 0 VALUES (${index + 1}, '${migration.name}')`,
      })
    }
  } catch (error) {
    throw mapColdError(error)
  }
}

async function recorded(client: ColdClient): Promise<Set<number>> {
  const result = await client.query({
    query: 'SELECT DISTINCT number, name FROM schema_migrations ORDER BY number',
    format: 'JSONEachRow',
  })
  const rows = await result.json<{ number: number; name: string }>()
  for (const { number, name } of rows) {
    const known = MIGRATIONS[number - 1]
    if (known === undefined) {
      throw refused(
        `schema step ${number} was made by a newer release; this one knows ${MIGRATIONS.length}. Start that release`,
      )
    }
    if (known.name !== name) throw refused(`schema step ${number} is not this program's`)
  }
  return new Set(rows.map(({ number }) => number))
}

const refused = (what: string): PipelineError =>
  new PipelineError('rejected', 'cold', `The cold store cannot be used: ${what}.`)

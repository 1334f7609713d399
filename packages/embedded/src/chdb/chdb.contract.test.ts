// The cold store's suites on the engine in this process. One directory for all: an engine has one, and a process one engine.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import {
  createClickHouseColdReader,
  createClickHouseColdWriter,
  migrateCold,
} from '@penstock/pipeline/clickhouse'
import { describeColdReader, describeColdWriter } from '@penstock/pipeline/contracts'
import { openChdb, type Chdb } from './open-chdb.ts'

let path: string
let chdb: Chdb

beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'penstock-cold-'))
  chdb = await openChdb({ path })
})
afterAll(async () => {
  await chdb.close()
  await rm(path, { recursive: true, force: true })
})

describeColdWriter('ClickHouse in the process', async () => {
  const client = chdb.writerClient()
  await migrateCold(client)
  return {
    writer: createClickHouseColdWriter(client),
    plainWriter: createClickHouseColdWriter(client, { fenced: false }),
    async command(query) {
      await client.command({ query })
    },
    async select(query) {
      const clickhouse_settings = { output_format_json_quote_64bit_integers: 1 } as const
      const result = await client.query({ query, format: 'JSONCompactEachRow', clickhouse_settings })
      return await result.json<unknown[]>()
    },
    close: () => client.close(),
  }
})

describeColdReader('ClickHouse in the process', async () => {
  const admin = chdb.writerClient()
  await migrateCold(admin)
  const sessions = 2
  const client = chdb.readerClient(sessions)
  const limits = { maxExecutionMs: 1000, maxMemoryBytes: 200_000_000, maxResultRows: 500_000, maxThreads: 1 }
  return {
    reader: createClickHouseColdReader(client, limits),
    sessions,
    async running() {
      const query = "SELECT query FROM system.processes WHERE query NOT LIKE '%system.processes%'"
      const result = await admin.query({ query, format: 'JSONEachRow' })
      return (await result.json<{ query: string }>()).map((row) => row.query)
    },
    async close() {
      await client.close()
      await admin.close()
    },
  }
})

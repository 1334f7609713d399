// The cold store's suites over HTTP: the same code as on the engine in the process, another connection.
import { randomUUID } from 'node:crypto'
import { CLICKHOUSE_TEST_USERS } from '@penstock/test-kit/servers'
import { serverSuite } from '@penstock/test-kit/server-suite'
import { describeColdReader } from '../ports/cold-reader.contract.ts'
import { describeColdWriter } from '../ports/cold-writer.contract.ts'
import {
  createClickHouseColdReader,
  createClickHouseColdWriter,
  createClickHouseDatabase,
  migrateCold,
  openClickHouse,
  openClickHouseForQuestions,
} from './index.ts'

await serverSuite('clickhouse', ({ host, port }) => {
  const url = `http://${host}:${port}`
  const writer = { url, user: 'penstock', password: CLICKHOUSE_TEST_USERS.penstock.password }
  const reader = {
    url,
    user: 'penstock_questions',
    password: CLICKHOUSE_TEST_USERS.penstock_questions.password,
  }
  const databaseName = (): string => `contract_${randomUUID().replaceAll('-', '')}`

  describeColdWriter('ClickHouse over HTTP', async () => {
    const options = { ...writer, database: databaseName() }
    await createClickHouseDatabase(options)
    const client = openClickHouse(options)
    await migrateCold(client)
    return {
      writer: createClickHouseColdWriter(client),
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

  describeColdReader('ClickHouse over HTTP', async () => {
    const database = databaseName()
    await createClickHouseDatabase({ ...writer, database })
    const admin = openClickHouse({ ...writer, database })
    await migrateCold(admin)
    const sessions = 2
    const questions = openClickHouseForQuestions({ ...reader, database, maxConnections: sessions })
    const streams = openClickHouseForQuestions({ ...reader, database, maxConnections: sessions })
    const limits = {
      maxExecutionMs: 1000,
      maxMemoryBytes: 200_000_000,
      maxResultRows: 500_000,
      maxThreads: 1,
    }
    return {
      reader: createClickHouseColdReader(questions, limits, streams),
      sessions,
      async running() {
        const query = "SELECT query FROM system.processes WHERE query NOT LIKE '%system.processes%'"
        const result = await admin.query({ query, format: 'JSONEachRow' })
        return (await result.json<{ query: string }>()).map((row) => row.query)
      },
      async close() {
        await Promise.all([questions.close(), streams.close(), admin.close()])
      },
    }
  })
})

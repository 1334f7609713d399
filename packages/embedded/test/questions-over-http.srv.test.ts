// The questions over HTTP, asked by the user who may only ask: the distributed mode gives the numbers of the embedded one.
import { randomUUID } from 'node:crypto'
import {
  createClickHouseColdReader,
  createClickHouseColdWriter,
  createClickHouseDatabase,
  migrateCold,
  openClickHouse,
  openClickHouseForQuestions,
} from '@penstock/pipeline/clickhouse'
import { CLICKHOUSE_TEST_USERS } from '@penstock/test-kit/servers'
import { serverSuite } from '@penstock/test-kit/server-suite'
import { describeQuestions } from './questions/describe-questions.ts'

const PROJECTS = 40

await serverSuite('clickhouse', ({ host, port }) => {
  describeQuestions('ClickHouse over HTTP', PROJECTS, async () => {
    const url = `http://${host}:${port}`
    const database = `questions_${randomUUID().replaceAll('-', '')}`
    const { penstock, penstock_questions: questions } = CLICKHOUSE_TEST_USERS
    const writing = { url, database, user: 'penstock', password: penstock.password }
    const asking = { url, database, user: 'penstock_questions', password: questions.password }
    await createClickHouseDatabase(writing)
    const client = openClickHouse(writing)
    await migrateCold(client)
    const [answers, streams] = [openClickHouseForQuestions(asking), openClickHouseForQuestions(asking)]
    const limits = { maxExecutionMs: 30_000, maxMemoryBytes: 1024 ** 3, maxResultRows: 1_000_000 }
    return {
      writer: createClickHouseColdWriter(client),
      reader: createClickHouseColdReader(answers, limits, streams),
      async close() {
        await Promise.all([client.close(), answers.close(), streams.close()])
      },
    }
  })
})

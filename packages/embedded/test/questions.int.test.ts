// The questions on the engine in this process.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createClickHouseColdReader,
  createClickHouseColdWriter,
  migrateCold,
} from '@penstock/pipeline/clickhouse'
import { openChdb } from '../src/index.ts'
import { describeQuestions } from './questions/describe-questions.ts'

const PROJECTS = 220

describeQuestions('ClickHouse in the process', PROJECTS, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'penstock-questions-'))
  const chdb = await openChdb({ path: directory })
  const client = chdb.writerClient()
  await migrateCold(client)
  const limits = { maxExecutionMs: 30_000, maxMemoryBytes: 1024 ** 3, maxResultRows: 1_000_000 }
  return {
    writer: createClickHouseColdWriter(client, { fenced: false }),
    reader: createClickHouseColdReader(chdb.readerClient(), limits),
    async close() {
      await chdb.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
})

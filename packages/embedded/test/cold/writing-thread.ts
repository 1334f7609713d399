// The other thread of two-threads.int.test.ts: inserts ten batches and asks with parameters between them.
import { parentPort, workerData } from 'node:worker_threads'
import { openChdb } from '@penstock/embedded'
import {
  createClickHouseColdReader,
  createClickHouseColdWriter,
  migrateCold,
} from '@penstock/pipeline/clickhouse'
import { batchRows } from './batch-rows.ts'

const { path } = workerData as { path: string }
const chdb = await openChdb({ path })
const client = chdb.writerClient()
await migrateCold(client)
const writer = createClickHouseColdWriter(client, { fenced: false })
const reader = createClickHouseColdReader(client, {
  maxExecutionMs: 30_000,
  maxMemoryBytes: 1e9,
  maxResultRows: 1e6,
})
let stored = 0
let wrong = 0
for (let n = 0; n < 10; n++) {
  for (const [half, rows] of batchRows(n).entries()) {
    await writer.insertEvents(rows, { batch: `b${n}`, attemptToken: `b${n}-${half}`, partition: 0, epoch: 1 })
  }
  stored += (await writer.storedOf(`b${n}`)).size
  for (let k = 0; k < 20; k++) {
    const { rows } = await reader.query<{ t: string }>({
      sql: 'SELECT {t:String} AS t',
      params: { t: `thread-${k}` },
    })
    if (rows[0]?.t !== `thread-${k}`) wrong += 1
  }
}
await chdb.close()
parentPort?.on('message', () => undefined) // stays until it is ended
parentPort?.postMessage({ stored, wrong })

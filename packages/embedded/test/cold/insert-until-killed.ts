// A process that inserts for ever and is killed for it. Every batch has rows in two months; it says what it is about to do and what
// is done, one line each.
import { openChdb } from '@penstock/embedded'
import { createClickHouseColdWriter, migrateCold } from '@penstock/pipeline/clickhouse'
import { batchRows } from './batch-rows.ts'

const [path = '', first = '0'] = process.argv.slice(2)
const chdb = await openChdb({ path })
const client = chdb.writerClient()
await migrateCold(client)
const writer = createClickHouseColdWriter(client, { fenced: false })
const say = (line: string): boolean => process.stdout.write(`${line}\n`)

for (let n = Number(first); ; n++) {
  say(`begun ${n}`)
  for (const rows of batchRows(n)) {
    await writer.insertEvents(rows, { batch: `b${n}`, attemptToken: `b${n}-1`, partition: 0, epoch: 1 })
  }
  say(`done ${n}`)
}

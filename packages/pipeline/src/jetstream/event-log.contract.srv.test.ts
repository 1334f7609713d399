import { randomUUID } from 'node:crypto'
import { serverSuite } from '@penstock/test-kit/server-suite'
import { describeEventLog } from '../ports/event-log.contract.ts'
import { migrateJetStream, openJetStreamLog } from './index.ts'

const PARTITIONS = 3

await serverSuite('nats', ({ host, port }) => {
  describeEventLog('JetStream', async ({ capBytes = 2 ** 25 } = {}) => {
    const options = {
      servers: [`nats://${host}:${port}`],
      name: `contract-${randomUUID()}`.slice(0, 32),
      partitions: PARTITIONS,
      maxBytes: PARTITIONS * capBytes, // the suite fills one partition
    }
    await migrateJetStream({ ...options, letterBytes: 2 ** 20 })
    let log = await openJetStreamLog(options)
    return {
      log,
      reopen: async () => {
        await log.close()
        log = await openJetStreamLog(options)
        return log
      },
      close: () => log.close(),
    }
  })
})

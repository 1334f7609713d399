import { serverSuite } from '@penstock/test-kit/server-suite'
import { afterAll, beforeAll } from 'vitest'
import { createSchema, type TestSchema } from '../../test/scylla/schema.ts'
import { createMemoryBodies } from '../../test/scylla/memory-bodies.ts'
import { describeDeadLetters } from '../ports/dead-letters.contract.ts'
import { describeHotStore } from '../ports/hot-store.contract.ts'
import { describePartitionLeases } from '../ports/partition-leases.contract.ts'
import { describeProjectStore } from '../ports/project-store.contract.ts'
import { describeWorkerState } from '../ports/worker-state.contract.ts'

await serverSuite('cassandra', (server) => {
  let schema: TestSchema
  beforeAll(async () => {
    schema = await createSchema(server, 'contract')
  })
  afterAll(() => schema.drop())

  async function open() {
    await schema.empty()
    return schema.open()
  }

  describeWorkerState('CQL', open)
  describePartitionLeases('CQL', open)
  describeHotStore('CQL', open)
  describeDeadLetters('CQL', open)
  describeProjectStore('CQL', open)

  describeDeadLetters('CQL, bodies in a store of their own', async () => {
    await schema.empty()
    return schema.open({ letterBodies: createMemoryBodies() })
  })
})

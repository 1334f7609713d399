import { serverSuite } from '@penstock/test-kit/server-suite'
import { afterAll, beforeAll } from 'vitest'
import { createSchema, type TestSchema } from '../../test/scylla/schema.ts'
import { describeDeadLetters } from '../ports/dead-letters.contract.ts'
import { describeHotStore } from '../ports/hot-store.contract.ts'
import type { LetterBodies } from '../ports/letter-bodies.ts'
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
    return schema.open({ letterBodies: createBodies() })
  })
})

/** As the dead-letter stream keeps them. */
function createBodies(): LetterBodies {
  const kept = new Map<string, Uint8Array>()
  return {
    put: (letters) => {
      for (const { id, body } of letters) kept.set(id, Uint8Array.from(body))
      return Promise.resolve()
    },
    get: (ids) => Promise.resolve(ids.map((id) => kept.get(id) ?? null)),
    remove: (ids) => {
      for (const id of ids) kept.delete(id)
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}

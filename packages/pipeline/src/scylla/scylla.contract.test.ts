import { describeDeadLetters } from '../ports/dead-letters.contract.ts'
import { describeHotStore } from '../ports/hot-store.contract.ts'
import { describePartitionLeases } from '../ports/partition-leases.contract.ts'
import { describeProjectStore } from '../ports/project-store.contract.ts'
import { SAMPLE_TIME } from '../ports/sample-events.ts'
import { describeWorkerState } from '../ports/worker-state.contract.ts'
import { migrateScylla } from './migrate-scylla.ts'
import { openScylla } from './open-scylla.ts'

let n = 0
const DAY = 86_400_000
const connection = {
  contactPoints: ['127.0.0.1:9142'],
  localDataCenter: 'datacenter1',
  keyspace: 'a',
  stateKeyspace: 'a_state',
  logger: { info: () => undefined, warn: () => undefined },
}
async function open() {
  const keyspace = `t${process.pid}_${Date.now()}_${n++}`
  const names = { ...connection, keyspace, stateKeyspace: keyspace + '_state' }
  await migrateScylla({ ...names, replication: { class: 'SimpleStrategy', replication_factor: 1 } })
  const stores = await openScylla({ ...names, registryWindowMs: 35 * DAY, hotRetentionMs: 90 * DAY, clock: () => SAMPLE_TIME })
  return { ...stores, state: stores.workerState, hot: stores.hotStore }
}
describeWorkerState('CQL', open)
describePartitionLeases('CQL', open)
describeHotStore('CQL', open)
describeDeadLetters('CQL', open)
describeProjectStore('CQL', open)

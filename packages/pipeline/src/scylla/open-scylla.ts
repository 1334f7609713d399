// The ports of the distributed mode's hot side on one connection to a CQL cluster (ScyllaDB, or Apache Cassandra).
import { PipelineError } from '../errors.ts'
import type { DeadLetters } from '../ports/dead-letters.ts'
import type { HotStore, HotSweeper } from '../ports/hot-store.ts'
import type { PartitionLeases } from '../ports/partition-leases.ts'
import type { ProjectStore } from '../ports/projects.ts'
import type { WorkerState } from '../ports/worker-state.ts'
import { connectCql } from './connect.ts'
import { createCql, type Cql, type CqlLoad } from './cql.ts'
import { createScyllaDeadLetters } from './dead-letters.ts'
import { createEventWrites } from './event-writes.ts'
import { createScyllaHotStore } from './hot-store.ts'
import { createScyllaLeases } from './leases.ts'
import { createLetterWriter } from './letter-writer.ts'
import { createRetention } from './lifetimes.ts'
import { createLimiter } from './limiter.ts'
import { assertMigrated } from './migrate-scylla.ts'
import { checkLifetimes, DEFAULT_MAX_IN_FLIGHT, type ScyllaOptions } from './options.ts'
import { createScyllaProjectStore } from './project-store.ts'
import { createStateRows } from './state-rows.ts'
import { createStatements } from './statements.ts'
import { createScyllaWorkerState } from './worker-state.ts'

export interface ScyllaStores {
  workerState: WorkerState
  leases: PartitionLeases
  hotStore: HotStore
  /** Rows expire by themselves: has nothing to do. */
  hotSweeper: HotSweeper
  deadLetters: DeadLetters
  projects: ProjectStore
  /** Resolves when a quorum answers. Throws `unavailable`. */
  ping(): Promise<void>
  /** For metrics: requests since the start, those on their way, those waiting for a place. */
  load(): CqlLoad
  /** Waits for nothing: end the calls first. */
  close(): Promise<void>
}

/**
 * Connects to a migrated schema.
 * @throws PipelineError `rejected` (options, a schema that is not this program's), `unavailable` (not reachable, wrong password, or
 * not migrated yet: try again).
 */
export async function openScylla(options: ScyllaOptions): Promise<ScyllaStores> {
  checkLifetimes(options)
  const client = await connectCql(options)
  try {
    await assertMigrated(client, options)
  } catch (error) {
    await client.shutdown()
    throw error
  }
  client.on('hostDown', (host: { address: string }) => {
    options.logger.warn({ event: 'cql.host_down', host: host.address }, 'a CQL server does not answer')
  })
  client.on('hostUp', (host: { address: string }) => {
    options.logger.info({ event: 'cql.host_up', host: host.address }, 'a CQL server answers again')
  })
  const cql = createCql(client, createLimiter(options.maxRequestsInFlight ?? DEFAULT_MAX_IN_FLIGHT))
  const ports = createScyllaPorts(cql, options)
  let closing: Promise<void> | null = null
  return {
    ...ports,
    ping: async () => {
      if (closing !== null) throw new PipelineError('unavailable', 'state', 'the CQL store is closed')
      await ports.workerState.read(0)
    },
    load: () => cql.load(),
    close: () => (closing ??= cql.close()),
  }
}

type ScyllaPorts = Omit<ScyllaStores, 'ping' | 'load' | 'close'>

/** The ports on a connection that somebody else opens and closes. */
export function createScyllaPorts(cql: Cql, options: ScyllaOptions): ScyllaPorts {
  const statements = createStatements(options)
  const clock = options.clock ?? Date.now
  const bodies = options.letterBodies ?? null
  const projects = createScyllaProjectStore(cql, statements)
  const retention = createRetention({ projects, hotRetentionMs: options.hotRetentionMs, clock })
  const rows = createStateRows(cql, statements)
  const events = createEventWrites({
    statements,
    retention,
    registryWindowMs: options.registryWindowMs,
    clock,
  })
  const letters = createLetterWriter(cql, statements, bodies)
  return {
    workerState: createScyllaWorkerState({ cql, statements, rows, events, letters, retention }),
    leases: createScyllaLeases(cql, statements, rows),
    hotStore: createScyllaHotStore(cql, statements),
    hotSweeper: { sweep: () => Promise.resolve({ removed: 0, done: true }) },
    deadLetters: createScyllaDeadLetters(cql, statements, bodies),
    projects,
  }
}

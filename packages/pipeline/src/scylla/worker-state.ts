// What the worker writes, ordered so that a crash between two writes is repaired by doing the same work again: dead letters,
// registry and hot rows, and only when all of them are durable the state row.
// A worker whose epoch is over is turned away before it writes; one that loses the partition while it writes does no harm, because
// its writes are the same values or older ones (write-time.ts), and its change of the state row is refused.
import type { WorkerState } from '../ports/worker-state.ts'
import type { Cql } from './cql.ts'
import type { EventWrites } from './event-writes.ts'
import type { LetterWriter } from './letter-writer.ts'
import type { Retention } from './lifetimes.ts'
import { lookupEntries } from './registry.ts'
import { stateRowOf, type StateRows } from './state-rows.ts'
import type { Statements } from './statements.ts'

export function createScyllaWorkerState(deps: {
  cql: Cql
  statements: Statements
  rows: StateRows
  events: EventWrites
  letters: LetterWriter
  retention: Pick<Retention, 'refresh'>
}): WorkerState {
  const { cql, statements, rows, events, letters, retention } = deps
  return {
    acquire: (partition) => rows.acquire(partition),
    read: async (partition) => {
      const row = await rows.read(partition)
      return row === null ? null : stateRowOf(row)
    },
    lookup: (identities) => lookupEntries(cql, statements, identities),
    commitHot: async (commit) => {
      await rows.hold(commit.partition, commit.epoch)
      await retention.refresh()
      const newLetters = await letters.put(commit.letters)
      const { writes, written } = events.accept(commit.accepted)
      await cql.write(writes)
      written()
      await rows.change(commit.partition, commit.epoch, commit.change)
      return { newLetters }
    },
    refuse: async ({ partition, epoch, refused }) => {
      await rows.hold(partition, epoch)
      const newLetters = await letters.put(refused.map(({ letter }) => letter))
      await cql.write(events.refuse(refused.map(({ event }) => event)))
      // The state row does not change here; whoever lost the partition meanwhile must hear it all the same.
      await rows.hold(partition, epoch)
      return { newLetters }
    },
    change: (partition, epoch, change) => rows.change(partition, epoch, change),
  }
}

// Leases stand in the state rows and change with them, by lightweight transactions; the list of workers is a small table whose rows
// expire. Each transaction's success is read from the decided row, so that a repetition of one that had succeeded succeeds.
// Nothing here waits behind a commit's thousands of writes: a worker with much to do would look dead, and could not leave.
import type { Lease, PartitionLeases, PresentWorker } from '../ports/partition-leases.ts'
import type { Cql } from './cql.ts'
import { fenced, newRow, stateRowOf, type StateRows, type StoredRow } from './state-rows.ts'
import type { Statements } from './statements.ts'

/** A worker that says nothing for so long is forgotten. Unit: seconds. */
const FORGET_AFTER_S = 60
/** Partitions in one query. */
const AT_ONCE = 100

export function createScyllaLeases(cql: Cql, statements: Statements, rows: StateRows): PartitionLeases {
  const leases: PartitionLeases['leases'] = async (count) => {
    const partitions = Array.from({ length: count }, (_, partition) => partition)
    const found = new Map<number, Lease>()
    for (let at = 0; at < count; at += AT_ONCE) {
      const params = [partitions.slice(at, at + AT_ONCE)]
      for (const row of await cql.readAtOnce('state', { statement: statements.leases, params })) {
        const partition = row['partition'] as number
        const holder = row['holder'] as string
        found.set(partition, {
          partition,
          epoch: Number(row['epoch'] as bigint),
          holder: holder === '' ? null : holder,
          renewals: Number(row['renewals'] as bigint),
        })
      }
    }
    return partitions.map(
      (partition) => found.get(partition) ?? { partition, epoch: 0, holder: null, renewals: 0 },
    )
  }

  const take: PartitionLeases['take'] = async (seen, holder) => {
    const { partition, epoch } = seen
    const row = await rows.decide(partition, {
      request:
        epoch === 0
          ? { statement: statements.makeStateRow, params: newRow(partition, holder) }
          : {
              statement: statements.takeLease,
              params: [
                BigInt(epoch + 1),
                holder,
                partition,
                BigInt(epoch),
                seen.holder ?? '',
                BigInt(seen.renewals),
              ],
            },
      isDone: (now) => now?.epoch === epoch + 1 && now.holder === holder && now.renewals === 0,
      isOver: (now) => !isStill(now, seen),
    })
    return row === null ? null : stateRowOf(row)
  }

  const renew: PartitionLeases['renew'] = async ({ partition, epoch, holder }, renewals) => {
    const isHeld = (now: StoredRow | null) => now?.epoch === epoch && now.holder === holder
    let last: StoredRow | null = null
    const row = await rows.decide(partition, {
      request: {
        statement: statements.renewLease,
        params: [BigInt(renewals), partition, BigInt(epoch), holder],
      },
      isDone: (now) => isHeld(now) && now?.renewals === renewals,
      isOver: (now) => {
        last = now
        return !isHeld(now)
      },
    })
    if (row === null) throw fenced(partition, last, epoch)
  }

  const release: PartitionLeases['release'] = async ({ partition, epoch, holder }) => {
    await rows.decide(partition, {
      request: { statement: statements.releaseLease, params: [partition, BigInt(epoch), holder] },
      isDone: (now) => now?.epoch !== epoch || now.holder !== holder,
      isOver: () => false,
    })
  }

  return {
    leases,
    take,
    renew,
    release,
    announce: ({ holder, beat }) =>
      cql.writeAtOnce({
        statement: statements.announceWorker,
        partition: `workers/${holder}`,
        bytes: 100,
        params: [holder, BigInt(beat), FORGET_AFTER_S],
      }),
    withdraw: (holder) =>
      cql.writeAtOnce({
        statement: statements.withdrawWorker,
        partition: `workers/${holder}`,
        bytes: 100,
        params: [holder],
      }),
    workers: async () => {
      const found = await cql.readAtOnce('state', { statement: statements.workers, params: [] })
      return found.map((row): PresentWorker => ({
        holder: row['holder'] as string,
        beat: Number(row['beat'] as bigint),
      }))
    },
  }
}

function isStill(row: StoredRow | null, seen: Lease): boolean {
  if (row === null) return seen.epoch === 0
  return row.epoch === seen.epoch && row.holder === (seen.holder ?? '') && row.renewals === seen.renewals
}

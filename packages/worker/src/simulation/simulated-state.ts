// State rows, registry, hot rows and dead letters of the model, as three kinds of store commit them: `at_once` in one transaction;
// `in_parts`, each letter, entry and row an effect of its own, in the order that the port demands, a crash may fall between; and
// `checked_before`, in parts with the epoch compared only before the first and with the last, so that the parts of a process that was
// stopped in between come late: what keeps them from harm is the log time that they are written with.
import {
  identityKey,
  PipelineError,
  type AcceptedEvent,
  type HotRow,
  type HotStore,
  type NewDeadLetter,
  type PartitionLeases,
  type Position,
  type RegistryEntry,
  type StateRow,
  type Totals,
  type WorkerState,
} from '@penstock/pipeline'
import type { FaultPlan, Incarnation } from './fault-plan.ts'
import { createSimulatedLeases } from './simulated-leases.ts'

export interface SimulatedLetter {
  letter: NewDeadLetter
  attempts: number
  lastPosition: Position
  /** Null while it is open; afterwards whether its own content was sent again, or another one in its place. */
  replayed: 'as_it_was' | 'repaired' | null
}

export type CommitKind = 'at_once' | 'in_parts' | 'checked_before'

export interface SimulatedState {
  port(incarnation: Incarnation): WorkerState & Pick<HotStore, 'events'>
  leases(incarnation: Incarnation): PartitionLeases
  rows: Map<number, StateRow>
  registry: Map<string, RegistryEntry>
  hotRows: Map<string, HotRow>
  letters: Map<string, SimulatedLetter>
}

// Without the partition rule copies meet in several partitions, where positions have no order.
const isLater = (a: Position, b: Position): boolean =>
  a.partition !== b.partition || a.seq > b.seq || (a.seq === b.seq && a.idx > b.idx)

const zero = (): Totals => ({ events: 0, stored: 0, duplicates: 0, deadLetters: 0 })

export function createSimulatedState(world: { faults: FaultPlan; commits: CommitKind }): SimulatedState {
  const { faults, commits } = world
  const rows = new Map<number, StateRow>()
  const registry = new Map<string, RegistryEntry>()
  const hotRows = new Map<string, HotRow>()
  const letters = new Map<string, SimulatedLetter>()
  const writtenAt = new Map<string, number>()
  const leases = createSimulatedLeases(faults, {
    epoch: (partition) => rows.get(partition)?.epoch ?? 0,
    raise,
    row: (partition) => rows.get(partition) as StateRow,
  })

  function raise(partition: number): StateRow {
    const row = rows.get(partition) ?? {
      partition,
      epoch: 0,
      hotThrough: 0,
      hotTotals: zero(),
      coldPlan: null,
      coldThrough: 0,
      coldTotals: zero(),
    }
    const raised = { ...row, epoch: row.epoch + 1 }
    rows.set(partition, raised)
    return raised
  }

  function rowUnder(partition: number, epoch: number): StateRow {
    const row = rows.get(partition)
    if (row?.epoch !== epoch) throw new PipelineError('fenced', 'state', 'an older epoch')
    return row
  }

  function putLetter(letter: NewDeadLetter): number {
    const known = letters.get(letter.id)
    // The same attempt again does not open what was settled meanwhile.
    if (known === undefined || isLater(letter.position, known.lastPosition)) {
      letters.set(letter.id, {
        letter: known?.letter ?? letter,
        attempts: (known?.attempts ?? 0) + 1,
        lastPosition: letter.position,
        replayed: null,
      })
    }
    return known === undefined ? 1 : 0
  }

  /** Writes with a time: an older one changes nothing, whenever it comes. */
  function writeAt(kind: 'entry' | 'row', event: AcceptedEvent, dead: boolean, write: () => void): void {
    const key = `${kind} ${identityKey(event)}`
    const at = event.logTime * 2 + (dead ? 1 : 0)
    if (at < (writtenAt.get(key) ?? 0)) return
    writtenAt.set(key, at)
    write()
  }

  const accept = (event: AcceptedEvent) => [
    () =>
      writeAt('entry', event, false, () => {
        registry.set(identityKey(event), { owner: event.position, hash: event.hash, state: 'live' })
      }),
    () => writeAt('row', event, false, () => void hotRows.set(identityKey(event), event)),
  ]

  const kill = (event: AcceptedEvent) => () => {
    const key = identityKey(event)
    if (commits === 'checked_before') {
      const dead = { owner: event.position, hash: event.hash, state: 'dead' } as const
      writeAt('entry', event, true, () => void registry.set(key, dead))
      writeAt('row', event, true, () => void hotRows.delete(key))
      return
    }
    const entry = registry.get(key)
    // Repeating a refusal must not kill what a replay has revived since.
    if (entry?.owner.seq !== event.position.seq || entry.owner.idx !== event.position.idx) return
    registry.set(key, { ...entry, state: 'dead' })
    hotRows.delete(key)
  }

  async function commit(incarnation: Incarnation, check: () => void, parts: (() => void)[]): Promise<void> {
    if (commits === 'checked_before') {
      await faults.one(incarnation, 'state', check)
      for (const part of parts) await faults.one(incarnation, 'state', part)
      return
    }
    const whole = (): void => {
      check()
      for (const part of parts) part()
    }
    const guarded = parts.map((part) => () => {
      check()
      part()
    })
    await faults.effects(incarnation, 'state', commits === 'at_once' ? [whole] : [check, ...guarded])
  }

  function port(incarnation: Incarnation): WorkerState & Pick<HotStore, 'events'> {
    return {
      acquire: (partition) =>
        faults.one(incarnation, 'state', () => {
          leases.end(partition)
          return raise(partition)
        }),
      read: (partition) => faults.one(incarnation, 'state', () => rows.get(partition) ?? null),
      lookup: (identities) =>
        faults.one(incarnation, 'state', () =>
          identities.map((identity) => registry.get(identityKey(identity)) ?? null),
        ),
      events: (identities) =>
        faults.one(incarnation, 'hot', () =>
          identities.map((identity) => hotRows.get(identityKey(identity)) ?? null),
        ),
      commitHot: async ({ partition, epoch, accepted, letters: written, change }) => {
        let newLetters = 0
        const entries = accepted.map(accept)
        await commit(incarnation, () => void rowUnder(partition, epoch), [
          ...written.map((letter) => () => {
            newLetters += putLetter(letter)
          }),
          ...entries.map(([entry]) => entry as () => void),
          ...entries.map(([, row]) => row as () => void),
          () => void rows.set(partition, { ...rowUnder(partition, epoch), ...change }),
        ])
        return { newLetters }
      },
      refuse: async ({ partition, epoch, refused }) => {
        let newLetters = 0
        await commit(
          incarnation,
          () => void rowUnder(partition, epoch),
          refused.flatMap(({ event, letter }) => [
            () => {
              newLetters += putLetter(letter)
            },
            kill(event),
          ]),
        )
        return { newLetters }
      },
      change: (partition, epoch, change) =>
        faults.one(incarnation, 'state', () => {
          rows.set(partition, { ...rowUnder(partition, epoch), ...change })
        }),
    }
  }

  return { port, leases: (incarnation) => leases.port(incarnation), rows, registry, hotRows, letters }
}

// State rows, registry, hot rows and dead letters of the model. With `atomic` a commit is one effect, as in one transaction; without
// it, each letter, entry and row is an effect of its own, in the order that the port demands, and a crash may fall between.
import {
  identityKey,
  PipelineError,
  type HotRow,
  type HotStore,
  type NewDeadLetter,
  type RegistryEntry,
  type StateRow,
  type Totals,
  type WorkerState,
} from '@penstock/pipeline'
import type { FaultPlan, Incarnation } from './fault-plan.ts'

export interface SimulatedLetter {
  letter: NewDeadLetter
  attempts: number
  open: boolean
}

export interface SimulatedState {
  port(incarnation: Incarnation): WorkerState & Pick<HotStore, 'events'>
  rows: Map<number, StateRow>
  registry: Map<string, RegistryEntry>
  hotRows: Map<string, HotRow>
  letters: Map<string, SimulatedLetter>
}

const zero = (): Totals => ({ events: 0, stored: 0, duplicates: 0, deadLetters: 0 })

export function createSimulatedState(world: { faults: FaultPlan; atomic: boolean }): SimulatedState {
  const { faults } = world
  const rows = new Map<number, StateRow>()
  const registry = new Map<string, RegistryEntry>()
  const hotRows = new Map<string, HotRow>()
  const letters = new Map<string, SimulatedLetter>()

  function rowUnder(partition: number, epoch: number): StateRow {
    const row = rows.get(partition)
    if (row?.epoch !== epoch) throw new PipelineError('fenced', 'state', 'an older epoch')
    return row
  }

  function putLetter(letter: NewDeadLetter): number {
    const known = letters.get(letter.id)
    letters.set(letter.id, { letter, attempts: (known?.attempts ?? 0) + 1, open: true })
    return known === undefined ? 1 : 0
  }

  async function commit(incarnation: Incarnation, check: () => void, parts: (() => void)[]): Promise<void> {
    // The epoch is compared before anything is written; the owner of an older one changes nothing.
    const run = world.atomic
      ? [
          () => {
            check()
            for (const part of parts) part()
          },
        ]
      : [
          check,
          ...parts.map((part) => () => {
            check()
            part()
          }),
        ]
    await faults.effects(incarnation, 'state', run)
  }

  function port(incarnation: Incarnation): WorkerState & Pick<HotStore, 'events'> {
    return {
      acquire: (partition) =>
        faults.one(incarnation, 'state', () => {
          const row = rows.get(partition) ?? {
            partition,
            epoch: 0,
            hotThrough: 0,
            hotTotals: zero(),
            coldPlan: null,
            coldThrough: 0,
            coldTotals: zero(),
          }
          rows.set(partition, { ...row, epoch: row.epoch + 1 })
          return { ...row, epoch: row.epoch + 1 }
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
        await commit(incarnation, () => rowUnder(partition, epoch), [
          ...written.map((letter) => () => {
            newLetters += putLetter(letter)
          }),
          ...accepted.map((event) => () => {
            registry.set(identityKey(event), { owner: event.position, hash: event.hash, state: 'live' })
          }),
          ...accepted.map((event) => () => {
            hotRows.set(identityKey(event), event)
          }),
          () => rows.set(partition, { ...rowUnder(partition, epoch), ...change }),
        ])
        return { newLetters }
      },
      refuse: async ({ partition, epoch, refused }) => {
        let newLetters = 0
        await commit(
          incarnation,
          () => rowUnder(partition, epoch),
          refused.flatMap(({ event, letter }) => [
            () => {
              newLetters += putLetter(letter)
            },
            () => {
              const key = identityKey(event)
              const entry = registry.get(key)
              // Repeating a refusal must not kill what a replay has revived since.
              if (entry?.owner.seq !== event.position.seq || entry.owner.idx !== event.position.idx) return
              registry.set(key, { ...entry, state: 'dead' })
              hotRows.delete(key)
            },
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

  return { port, rows, registry, hotRows, letters }
}

// The cold store of the model: inserts are atomic, a token is remembered for a while, an insert whose caller gave up may land
// later, a fence stops older epochs, rows with poison are refused with everything beside them, and a store that dies may know the
// token of an insert whose rows it does not have. It cries out at the moment when two rows of one identity stand in it.
import { formatUuid } from '@penstock/contract'
import {
  coldMonth,
  PipelineError,
  type ColdInsert,
  type ColdLink,
  type ColdRow,
  type ColdWriter,
} from '@penstock/pipeline'
import type { FaultPlan, Incarnation } from './fault-plan.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface StoredColdRow extends ColdRow {
  batch: string
}

export interface SimulatedCold {
  port(incarnation: Incarnation): ColdWriter
  rows: StoredColdRow[]
  links: { link: ColdLink; batch: string }[]
  violations: string[]
  /** Lets the inserts happen that nobody waits for any more. */
  settle(): void
}

export interface SimulatedColdOptions {
  faults: FaultPlan
  random: SeededRandom
  isPoison: (row: ColdRow) => boolean
  tokenMemory: number
  /** False shows what the fence is for. */
  fences: boolean
}

export function createSimulatedCold(options: SimulatedColdOptions): SimulatedCold {
  const { faults } = options
  const rows: StoredColdRow[] = []
  const links: { link: ColdLink; batch: string }[] = []
  const violations: string[] = []
  const keys = new Set<string>()
  const tokens: string[] = []
  const fencedBelow = new Map<number, number>()
  let unfinished: { insert: ColdInsert; land: () => void }[] = []

  function refuseOlder(insert: ColdInsert): void {
    if (insert.epoch < (fencedBelow.get(insert.partition) ?? 0)) {
      throw new PipelineError('fenced', 'cold', 'an older epoch')
    }
  }

  function once(insert: ColdInsert, effect: () => void): void {
    refuseOlder(insert)
    if (tokens.includes(insert.attemptToken)) return
    effect()
    tokens.push(insert.attemptToken)
    if (tokens.length > options.tokenMemory) tokens.shift()
  }

  function store(newRows: readonly ColdRow[], insert: ColdInsert): void {
    if (new Set(newRows.map((row) => coldMonth(row.eventTime))).size > 1)
      violations.push('several months in one insert')
    if (newRows.some(options.isPoison)) throw new PipelineError('rejected', 'cold', 'poison')
    for (const row of newRows) {
      const key = coldKey(row)
      if (keys.has(key)) violations.push(`duplicated: ${key}`)
      keys.add(key)
      rows.push({ ...row, batch: insert.batch })
    }
  }

  function settle(): void {
    const landing = unfinished
    unfinished = []
    for (const { insert, land } of landing) {
      try {
        once(insert, land)
      } catch {
        // Fenced or refused: nobody waits for it.
      }
    }
  }

  async function insert(incarnation: Incarnation, details: ColdInsert, effect: () => void): Promise<void> {
    if (options.random.chance(0.3)) settle()
    // A dead process sends nothing.
    faults.passes(incarnation)
    if (faults.late(incarnation)) {
      unfinished.push({ insert: details, land: effect })
      await faults.awake(incarnation)
      faults.passes(incarnation)
      throw new PipelineError('outcome_unknown', 'cold', 'simulated: it may land later')
    }
    await faults.one(incarnation, 'cold', () => {
      if (faults.tokenAlone()) {
        once(details, () => undefined)
        unfinished = []
        throw new PipelineError('outcome_unknown', 'cold', 'simulated: the store died in the middle')
      }
      once(details, effect)
    })
  }

  function port(incarnation: Incarnation): ColdWriter {
    return {
      insertEvents: (newRows, details) => insert(incarnation, details, () => store([...newRows], details)),
      insertLinks: (newLinks, details) =>
        insert(incarnation, details, () => {
          for (const link of newLinks) links.push({ link, batch: details.batch })
        }),
      storedOf: (batch) =>
        faults.one(
          incarnation,
          'cold',
          () => new Set(rows.filter((row) => row.batch === batch).map(coldKey)),
        ),
      removeLinks: (batch, eventIds) =>
        faults.one(incarnation, 'cold', () => {
          const gone = new Set(eventIds.map((id) => formatUuid(id)))
          const kept = links.filter(
            ({ link, batch: of }) => of !== batch || !gone.has(formatUuid(link.eventId)),
          )
          links.splice(0, links.length, ...kept)
        }),
      fence: (partition, epoch) =>
        faults.one(incarnation, 'cold', () => {
          if (options.random.chance(0.5)) settle()
          if (options.fences) fencedBelow.set(partition, Math.max(epoch, fencedBelow.get(partition) ?? 0))
        }),
      sweep: () => Promise.resolve(),
    }
  }

  return { port, rows, links, violations, settle }
}

/** As `storedOf` names rows. */
export const coldKey = (row: { projectId: string; eventId: Uint8Array }): string =>
  `${row.projectId}/${formatUuid(row.eventId)}`

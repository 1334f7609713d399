// One run of the model: real workers on simulated stores, crashes, stops and time-outs at places that the seed chooses, restarts with
// other batch boundaries, one worker or several side by side, replays of dead letters under way. Ends when everything sent has been
// processed, and says what is wrong then.
import { identityKey, samePosition } from '@penstock/pipeline'
import { pino } from 'pino'
import type { WorkerDeps, WorkerOptions } from '../options.ts'
import { createFaultPlan, type Incarnation } from './fault-plan.ts'
import { createFleet } from './fleet.ts'
import { chunkOf, createScenario, EPOCH_MS, type Sent } from './scenario.ts'
import { createSeededRandom } from './seeded-random.ts'
import { createSimulatedCold } from './simulated-cold.ts'
import { createSimulatedLog } from './simulated-log.ts'
import { createSimulatedState, type SimulatedLetter } from './simulated-state.ts'
import { violationsOf } from './verdict.ts'
import { createVirtualTime } from './virtual-time.ts'

export interface SimulationSafety {
  positionOwner: boolean
  missingRows: boolean
  fences: boolean
  partitionRule: boolean
  finishedRefusals: boolean
}

export interface SimulationResult {
  violations: string[]
  crashes: number
  /** Times a process was stopped and went on. */
  stops: number
  sent: number
  replays: number
  refused: number
  conflicts: number
}

const MOST_TURNS = 20_000

export async function runSimulation(seed: number, safety: SimulationSafety): Promise<SimulationResult> {
  const random = createSeededRandom(seed)
  const time = createVirtualTime(EPOCH_MS + 60 * 86_400_000)
  const shared = random.chance(0.5) ? random.integer(2, 3) : 0
  const leaseMs = random.pick([1_000, 6_000])
  const faults = createFaultPlan(
    random,
    {
      crash: random.pick([0, 0.005, 0.02, 0.05]),
      transient: random.pick([0, 0.01, 0.05]),
      late: random.pick([0, 0.05, 0.2]),
      tokenAlone: random.pick([0, 0, 0.1]),
      maxCrashes: 8,
      maxTransients: 12,
    },
    { chance: random.pick([0, 0.01, 0.05]), longestMs: 2 * leaseMs, most: 8, time },
  )
  const partitions = shared > 0 ? random.integer(1, 4) : !safety.partitionRule || random.chance(0.25) ? 2 : 1
  const poison = random.pick([0, 0, 0.2, 0.5])
  const scenario = createScenario(random, {
    partitions,
    identities: random.integer(1, 10),
    maxEventsPerMessage: random.integer(1, 6),
    poison,
    partitionRule: safety.partitionRule,
  })
  const log = createSimulatedLog({ partitions, faults, time, random })
  const state = createSimulatedState({
    faults,
    commits: random.pick(['at_once', 'in_parts', 'checked_before']),
  })
  const cold = createSimulatedCold({
    faults,
    random,
    isPoison: (row) => row.properties.includes('poison'),
    tokenMemory: 100,
    fences: safety.fences,
  })

  // A worker may halt because it died or was replaced, for nothing else.
  const oddHalts: string[] = []
  const logger = pino(
    { level: 'error', base: null },
    {
      write: (line: string) => {
        const { reason, err } = JSON.parse(line) as { reason: string; err: { type: string; message: string } }
        if (reason !== 'fenced' && err.type !== 'SimulatedCrashError') oddHalts.push(`halted: ${err.message}`)
      },
    },
  )
  const sent: { event: Sent; partition: number; seq: number; idx: number }[] = []
  let toSend = random.integer(1, 12)
  let replays = 0
  let tokens = 0
  function options(): WorkerOptions {
    return {
      leaseMs,
      hotLingerMs: random.pick([0, 20]),
      hotMaxEvents: random.pick([1, 2, 5, 100]),
      hotMaxBytes: random.pick([1, 600, 1_000_000]),
      coldLingerMs: random.pick([0, 100, 500]),
      coldMaxEvents: random.pick([1, 3, 10, 1000]),
      coldMaxBytes: random.pick([400, 2000, 1_000_000]),
      bufferBytes: random.pick([0, 3_000, 1_000_000]),
      purgeMarginMs: random.pick([0, 1_000]),
      purgeIntervalMs: 10,
      registryWindowMs: 35 * 86_400_000,
      hotRetentionMs: 35 * 86_400_000,
      sweepIntervalMs: 3_600_000,
      safety: { positionOwner: safety.positionOwner, missingRows: safety.missingRows },
    }
  }

  function deps(incarnation: Incarnation): WorkerDeps {
    const stores = state.port(incarnation)
    return {
      log: log.port(incarnation),
      state: stores,
      ...(shared === 0 ? {} : { leases: state.leases(incarnation) }),
      hot: stores,
      cold: cold.port(incarnation),
      sweeper: { sweep: () => Promise.resolve({ removed: 0, done: true }) },
      projects: { projects: () => Promise.resolve([]) },
      clock: () => time.now(),
      monotonic: () => time.now(),
      sleep: async (ms, signal) => {
        await time.sleep(ms, signal)
        await faults.awake(incarnation)
      },
      newToken: () => `plan-${++tokens}`,
      random: () => random.next(),
      logger,
      failpoint: () => faults.passes(incarnation),
    }
  }
  const fleet = createFleet({ shared, random, faults, deps, options })

  function append({ partition, sent: events }: { partition: number; sent: Sent[] }): void {
    const { seq } = log.append(partition, chunkOf(events))
    for (const [idx, event] of events.entries()) sent.push({ event, partition, seq, idx })
  }

  // As the gateway asks before it replays.
  function isBeingRefused({ letter, lastPosition }: SimulatedLetter): boolean {
    const entry = state.registry.get(identityKey(letter))
    if (entry?.state !== 'live' || !samePosition(entry.owner, lastPosition)) return false
    return (state.rows.get(lastPosition.partition)?.coldThrough ?? 0) < lastPosition.seq
  }

  // Rare and soon over, so it is looked for.
  const isOneBeingRefused = (): boolean => [...state.letters.values()].some(isBeingRefused)

  function replayOne(): void {
    const open = [...state.letters.values()].filter(
      (one) =>
        one.replayed === null &&
        one.letter.reason === 'store_refused' &&
        !(safety.finishedRefusals && isBeingRefused(one)),
    )
    if (open.length === 0 || replays >= 6) return
    const chosen = random.pick(open)
    const { letter } = chosen
    const repaired = random.chance(0.5)
    const bytes = repaired ? scenario.repaired(letter.body) : letter.body
    replays++
    append(scenario.replay({ ...letter, bytes }))
    // Sometimes the gateway dies between the append and the settling: the letter stays open and is replayed again.
    if (random.chance(0.7)) chosen.replayed = repaired ? 'repaired' : 'as_it_was'
  }

  function allProcessed(): boolean {
    for (let partition = 0; partition < partitions; partition++) {
      const last = log.history(partition).at(-1)?.seq ?? 0
      const row = state.rows.get(partition)
      if (log.purgedThrough(partition) > (row?.coldThrough ?? 0))
        throw new Error('purged what is not committed')
      if (last > 0 && (row === undefined || row.coldThrough < last || row.coldPlan !== null)) return false
    }
    return true
  }

  for (let turn = 0; ; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (turn > MOST_TURNS) throw new Error(`seed ${seed} does not come to rest`)
    if (turn > MOST_TURNS / 2) faults.end()
    fleet.turn()
    if (toSend > 0 && random.chance(0.4)) {
      toSend--
      append(scenario.message())
    } else if (random.chance(isOneBeingRefused() ? 0.5 : 0.1)) replayOne()
    else if (toSend === 0 && allProcessed()) break
    else time.advance()
  }
  const ending = { over: false }
  void fleet.stop().then(() => (ending.over = true))
  while (!ending.over) {
    await new Promise((resolve) => setImmediate(resolve))
    time.advance()
  }
  cold.settle()

  const letters = [...state.letters.values()]
  const refused = letters.filter(({ letter }) => letter.reason === 'store_refused').length
  return {
    violations: [...oddHalts, ...violationsOf({ sent, state, cold, poisoned: poison > 0 })],
    crashes: faults.crashes(),
    stops: faults.stops(),
    sent: sent.length,
    replays,
    refused,
    conflicts: letters.length - refused,
  }
}

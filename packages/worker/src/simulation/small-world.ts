// The simulated stores without chance: a test says what is sent, which events the cold store refuses and at which failpoint the
// process dies (once), and waits until everything sent has been processed.
import { ChunkBuilder, type Road } from '@penstock/contract/stream'
import { parseUuid } from '@penstock/contract'
import { PipelineError, type ColdRow, type ColdWriter, type FailpointName } from '@penstock/pipeline'
import { pino } from 'pino'
import type { WorkerOptions } from '../options.ts'
import { createWorker, type Worker } from '../worker.ts'
import {
  createFaultPlan,
  newIncarnation,
  NO_FAULTS,
  SimulatedCrashError,
  type Incarnation,
} from './fault-plan.ts'
import { createSeededRandom } from './seeded-random.ts'
import { createSimulatedCold, type SimulatedCold } from './simulated-cold.ts'
import { createSimulatedLog, type SimulatedLog } from './simulated-log.ts'
import { createSimulatedState, type SimulatedState } from './simulated-state.ts'
import { createVirtualTime } from './virtual-time.ts'

export interface SmallEvent {
  /** The last two hex digits of its id. */
  id: string
  /** Its content. */
  value?: unknown
  userId?: string
  anonymousId?: string
  eventTime?: number
  road?: Road
}

export interface SmallWorld {
  /** Appends the events as one message. */
  send(...events: SmallEvent[]): void
  /** Runs, and restarts after the crash, until everything sent stands where it belongs. */
  settle(): Promise<void>
  /** Ids and values of the cold store's rows, in order of arrival. */
  stored(): [id: string, value: unknown][]
  metric(name: string): Promise<number>
  crashed(): boolean
  /** While true, inserts into the cold store fail. */
  coldAway: boolean
  /** Lines of the worker's log, level warn and above and the recoveries of stores. */
  logged: { event: string; store?: string; reason?: string }[]
  /** Lets what is possible happen for so many turns, without waiting for an end. */
  run(turns: number): Promise<void>
  /** From now on the process dies the n-th time it passes there. */
  crashAt(name: FailpointName, hit?: number): void
  worker(): Worker
  state: SimulatedState
  cold: SimulatedCold
  log: SimulatedLog
  stop(): Promise<void>
}

export const SMALL_OPTIONS: WorkerOptions = {
  hotLingerMs: 0,
  hotMaxEvents: 100,
  coldLingerMs: 500,
  coldMaxEvents: 1000,
  coldMaxBytes: 1_000_000,
  bufferBytes: 1_000_000,
  purgeMarginMs: 1_000,
  registryWindowMs: 35 * 86_400_000,
  hotRetentionMs: 35 * 86_400_000,
  sweepIntervalMs: 3_600_000,
  safety: { positionOwner: true, missingRows: true },
}

const NOW = Date.UTC(2026, 10, 20)
const uuidOf = (id: string): string => `01900000-0000-7000-8000-0000000000${id}`

export function createSmallWorld(
  isPoison: (row: ColdRow) => boolean = () => false,
  options: Partial<WorkerOptions> = {},
): SmallWorld {
  const random = createSeededRandom(1)
  const faults = createFaultPlan(random, NO_FAULTS)
  const time = createVirtualTime(NOW)
  const log = createSimulatedLog({ partitions: 1, faults, time, random })
  const state = createSimulatedState({ faults, commits: 'in_parts' })
  const cold = createSimulatedCold({ faults, random, isPoison, tokenMemory: 100, fences: true })
  let crash: { name: FailpointName; left: number } | null = null
  let crashes = 0
  let tokens = 0
  let received = NOW
  let current: { worker: Worker; incarnation: Incarnation } | null = null

  const logged: SmallWorld['logged'] = []
  const logger = pino(
    { level: 'info', base: null },
    { write: (line: string) => void logged.push(JSON.parse(line) as (typeof logged)[number]) },
  )

  function start(): { worker: Worker; incarnation: Incarnation } {
    const incarnation = newIncarnation()
    const stores = state.port(incarnation)
    const worker = createWorker(
      {
        log: log.port(incarnation),
        state: stores,
        hot: stores,
        cold: coldPort(incarnation),
        sweeper: { sweep: () => Promise.resolve({ removed: 0, done: true }) },
        projects: { projects: () => Promise.resolve([]) },
        clock: () => time.now(),
        monotonic: () => time.now(),
        sleep: (ms, signal) => time.sleep(ms, signal),
        newToken: () => `plan-${++tokens}`,
        random: () => random.next(),
        logger,
        failpoint: (name) => {
          if (incarnation.dead) throw new SimulatedCrashError('the process is dead')
          if (crash?.name !== name || --crash.left > 0) return
          crash = null
          crashes++
          incarnation.dead = true
          throw new SimulatedCrashError(name)
        },
      },
      { ...SMALL_OPTIONS, ...options },
    )
    worker.start().catch(() => undefined)
    return { worker, incarnation }
  }

  function coldPort(incarnation: Incarnation): ColdWriter {
    const port = cold.port(incarnation)
    return {
      ...port,
      insertEvents: (rows, insert) =>
        world.coldAway
          ? Promise.reject(new PipelineError('unavailable', 'cold', 'away'))
          : port.insertEvents(rows, insert),
    }
  }

  async function run(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) {
      current ??= start()
      await new Promise((resolve) => setImmediate(resolve))
      time.advance()
    }
  }

  function send(...events: SmallEvent[]): void {
    const builder = new ChunkBuilder()
    for (const { id, value = 1, userId = 'u', anonymousId, eventTime, road = 'ingest' } of events) {
      const event_id = uuidOf(id)
      const ids = { user_id: userId, ...(anonymousId === undefined ? {} : { anonymous_id: anonymousId }) }
      const event = { event_id, type: 'track', event: 'Seen', ...ids, properties: { value } }
      builder.add({
        projectId: 'shop',
        eventId: parseUuid(event_id) as Uint8Array,
        receivedAt: ++received,
        eventTime: eventTime ?? received,
        road,
        bytes: Buffer.from(JSON.stringify(event)),
      })
    }
    log.append(0, builder.finish())
  }

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 10_000; turn++) {
      current ??= start()
      await new Promise((resolve) => setImmediate(resolve))
      if (current.incarnation.dead) {
        await current.worker.stop()
        current = null
        continue
      }
      const row = state.rows.get(0)
      const last = log.history(0).at(-1)?.seq ?? 0
      if (row?.coldThrough === last && row.coldPlan === null && crash === null) return
      if (row?.coldThrough === last && turn > 1_000) return
      time.advance()
    }
    throw new Error('does not come to rest')
  }

  const world: SmallWorld = {
    send,
    settle,
    run,
    coldAway: false,
    logged,
    stored: () =>
      cold.rows.map((row) => [
        Buffer.from(row.eventId).toString('hex').slice(-2),
        (JSON.parse(row.properties) as { value: unknown }).value,
      ]),
    metric: async (name) => {
      const text = (await current?.worker.metrics()) ?? ''
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `))
      return Number(line?.slice(name.length + 1) ?? NaN)
    },
    crashed: () => crashes > 0,
    crashAt: (name, hit = 1) => {
      crash = { name, left: hit }
    },
    worker: () => (current as { worker: Worker }).worker,
    state,
    cold,
    log,
    stop: async () => {
      await current?.worker.stop()
      current = null
    },
  }
  return world
}

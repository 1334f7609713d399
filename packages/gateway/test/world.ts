// A whole gateway over stores in memory, with a clock that tests set.
import {
  noFailpoint,
  type Answer,
  type FailpointName,
  type QuestionContext,
  type Questions,
} from '@penstock/pipeline'
import type { StoredEvent } from '@penstock/contract'
import { createGateway, type Gateway, type GatewayDeps, type GatewayOptions } from '../src/gateway.ts'
import { createMemoryLog, type MemoryLog } from './memory-log.ts'
import {
  createMemoryProjects,
  createMemoryStores,
  testKey,
  type MemoryProjects,
  type MemoryStores,
} from './memory-stores.ts'

export const NOW = Date.parse('2026-11-22T10:00:00.000Z')
export const WRITE = { authorization: 'Bearer pk_dev' }
export const READ = { authorization: 'Bearer rk_dev' }
export const ADMIN = { authorization: 'Bearer ak_dev' }

export interface World extends MemoryStores {
  gateway: Gateway
  log: MemoryLog
  projects: MemoryProjects
  now: number
  asked: { name: string; input: object; context: QuestionContext }[]
  /** What the questions answer or throw. */
  question: { answer: Answer<never>; failure: Error | null; export: StoredEvent[][] }
  failpoints: FailpointName[]
  logged: object[]
  coldFailure: Error | null
  workerAlive: boolean
  close(): Promise<void>
}

/** Sets up a gateway with the default keys. `deps` and `options` replace single parts. */
export async function createWorld(
  options: Partial<GatewayOptions> = {},
  deps: Partial<GatewayDeps> = {},
): Promise<World> {
  const clock = () => world.now
  const log = createMemoryLog(clock)
  const stores = createMemoryStores(log, clock)
  const projects = createMemoryProjects()
  for (const id of ['dev', 'other']) {
    await projects.createProject({ id, name: id, retentionDays: 365, createdAt: 0 })
  }
  await projects.putKey(testKey('pk_dev', 'write'))
  await projects.putKey(testKey('rk_dev', 'read'))
  await projects.putKey(testKey('ak_dev', 'admin', { installation: true }))
  await projects.putKey(testKey('ak_other', 'admin', { projectId: 'other' }))
  await projects.putKey(testKey('pk_shop', 'write', { origins: ['https://shop.example'] }))

  const answer: Answer<never> = { query: {}, timezone: 'UTC', data: [], stats: { elapsedMs: 1, rowsRead: 2 } }
  const world: World = Object.assign(stores, {
    log,
    projects,
    now: NOW,
    asked: [],
    question: { answer, failure: null, export: [] },
    failpoints: [],
    logged: [],
    coldFailure: null,
    workerAlive: true,
    gateway: undefined as unknown as Gateway,
    close: () => world.gateway.stop({ drainMs: 0 }),
  })
  const logLine = (fields: object) => void world.logged.push(fields)
  world.gateway = await createGateway(
    {
      log,
      state: stores.state,
      hot: stores.hot,
      deadLetters: stores.deadLetters,
      projects,
      questions: createQuestions(world),
      coldPing: () => (world.coldFailure === null ? Promise.resolve() : Promise.reject(world.coldFailure)),
      clock,
      logger: { debug: logLine, info: logLine, warn: logLine, error: logLine },
      failpoint: (name) => {
        world.failpoints.push(name)
        noFailpoint(name)
      },
      workerAlive: () => world.workerAlive,
      ...deps,
    },
    {
      metrics: 'open',
      maxInflightBytes: 64 << 20,
      importMaxLagMs: 1_000,
      clockDifferenceMs: 0,
      durableBefore202: true,
      trustProxy: [],
      serve: 'all',
      ...options,
    },
  )
  return world
}

function createQuestions(world: World): Questions {
  const ask = (name: string) => (input: object, context: QuestionContext) => {
    world.asked.push({ name, input, context })
    return world.question.failure === null
      ? Promise.resolve(world.question.answer)
      : Promise.reject(world.question.failure)
  }
  return {
    activeUsers: ask('activeUsers'),
    topEvents: ask('topEvents'),
    retention: ask('retention'),
    exportEvents(input, context) {
      const asking = ask('exportEvents')(input, context)
      async function* events() {
        await asking
        yield* world.question.export
      }
      return { range: { start: NOW - 2 * 86_400_000, end: NOW - 1 }, events: events() }
    },
  }
}

let ids = 0
/** A new UUIDv7-shaped id whose time is `time`. */
export function testId(time = NOW): string {
  const hex = time.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${(++ids).toString(16).padStart(12, '0')}`
}

export const track = (more: object = {}) => ({
  event_id: testId(),
  type: 'track',
  event: 'Signed Up',
  user_id: 'u1',
  ...more,
})

/** Sends events and lets the worker take them into the hot store. */
export async function store(world: World, ...events: object[]): Promise<void> {
  const response = await world.gateway.app.inject({
    method: 'POST',
    url: '/events',
    headers: WRITE,
    payload: events,
  })
  if (response.statusCode !== 202) throw new Error(response.body)
  await world.settleAll()
}

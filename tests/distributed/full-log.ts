// A store stays away until the log is full: what is taken until then, what clients see after it, and what becomes of it when the store is
// back. On an installation of its own, with a small log.
import { CLEAN, isReady } from '@penstock/test-kit'
import {
  createCluster,
  createClusterStory,
  type Cluster,
  type ClusterStory,
  type Stores,
} from '@penstock/test-kit/cluster'
import { expect } from 'vitest'

export interface FullLog {
  away: 'clickhouse' | 'cql'
  /** Empty; for the ledger. */
  directory: string
  capBytes: number
  /** Taken while the store is away, at least. */
  leastEvents: number
  catchUpMs: number
}

export interface FullLogFigures {
  /** Taken while the store was away. */
  events: number
  /** The most that worker and gateway took: before the store went away, when the log was full, when all was counted. Unit: MiB. */
  worker: number[]
  gateway: number[]
  catchUpMs: number
}

const BODY_EVENTS = 400
const SENDERS = 4
/** What docker-compose.yml gives a container of each. Unit: MiB. */
const MEMORY_MIB = { worker: 384, gateway: 256 }
/** The heap that Node.js has in containers of that size: bounds that a test run has not, where it would collect later. */
const NODE_OPTIONS = '--max-old-space-size=256 --max-semi-space-size=1'

export async function fillsTheLog(stores: Stores, log: FullLog): Promise<FullLogFigures> {
  const cluster = await createCluster({
    env: { ...stores.env, PENSTOCK_LOG_CAP_BYTES: String(log.capBytes), NODE_OPTIONS },
    envOf: stores.envOf,
    name: `full${log.away}`,
    gateways: 1,
    workers: 1,
  })
  try {
    await cluster.start()
    return await fill(stores, log, cluster)
  } finally {
    await cluster.close()
    // The next test needs it, whatever became of this one.
    if (!stores[log.away].running) await stores[log.away].restart()
  }
}

async function fill(stores: Stores, log: FullLog, cluster: Cluster): Promise<FullLogFigures> {
  const { away, directory, leastEvents, catchUpMs } = log
  const within = { timeout: catchUpMs, interval: 250 }
  const story = await createClusterStory(cluster.api, { directory, seed: leastEvents })
  const worker: number[] = []
  const gateway: number[] = []
  const measure = (): void => {
    worker.push(peakMiB(cluster.workers[0]!))
    gateway.push(peakMiB(cluster.gateways[0]!))
  }
  measure()
  // Before anything is sent: what is stored everywhere is purged, and would make room later.
  stores[away].kill('SIGKILL')
  await stores[away].exited()
  // Known by now to whoever needs the store; whoever takes events in does not.
  await expect.poll(() => isReady(cluster.answers.url), within).toBe(false)
  if (away === 'clickhouse') expect(await isReady(cluster.gateways[0]!.url)).toBe(true)
  const refused = await sendUntilFull(story)
  const events = refused.accepted * BODY_EVENTS
  expect(events).toBeGreaterThanOrEqual(leastEvents)
  // Full stays full, and is said each time; a 503 without Retry-After is a surprise to the sender.
  for (const body of refused.bodies) expect(await story.send(body, { gzip: true })).toBe('later')
  // What was taken is stored hot as long as the hot store is there, with nobody to store it cold.
  if (away === 'clickhouse') {
    await expect
      .poll(() => metric(cluster, 'penstock_worker_lag_events'), within)
      .toBeGreaterThanOrEqual(events)
    await expect.poll(() => stateOf(cluster, story.maker.id(refused.lastAccepted)), within).toBe('hot')
  }
  measure()

  await stores[away].restart()
  const back = performance.now()
  for (const body of refused.bodies)
    await expect.poll(() => story.send(body, { gzip: true }), within).toBe('accepted')
  await story.counted(catchUpMs)
  const tookMs = performance.now() - back
  await expect.poll(() => isReady(cluster.answers.url), within).toBe(true)
  measure()
  expect(await story.judge()).toMatchObject(CLEAN)
  expect(story.surprises()).toEqual([])
  expect(Math.max(...worker)).toBeLessThan(MEMORY_MIB.worker)
  expect(Math.max(...gateway)).toBeLessThan(MEMORY_MIB.gateway)
  return { events, worker, gateway, catchUpMs: Math.round(tookMs) }
}

interface Refused {
  /** Bodies that were accepted before. */
  accepted: number
  /** Number of an event that was accepted late. */
  lastAccepted: number
  bodies: ReturnType<ClusterStory['newEvents']>[]
}

/** Each sender goes on until it is refused. A partition that is full refuses a body whatever became of its other events. */
async function sendUntilFull(story: ClusterStory): Promise<Refused> {
  const result: Refused = { accepted: 0, lastAccepted: 0, bodies: [] }
  async function sending(): Promise<void> {
    for (;;) {
      const body = story.newEvents(BODY_EVENTS)
      const outcome = await story.send(body, { gzip: true })
      if (outcome === 'later') return void result.bodies.push(body)
      expect(outcome).toBe('accepted')
      result.accepted++
      result.lastAccepted = body[0]!.number
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sending))
  return result
}

const peakMiB = ({ program }: Cluster['gateways'][number]): number =>
  Math.round(program.peakRssBytes() / 1_048_576)

async function metric(cluster: Cluster, name: string): Promise<number> {
  const text = await (await fetch(`${cluster.workers[0]!.url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1])
}

async function stateOf(cluster: Cluster, eventId: string): Promise<unknown> {
  const answer = await cluster.api.get(`/events/${eventId}`)
  return answer.status === 200 ? answer.json()['state'] : answer.status
}

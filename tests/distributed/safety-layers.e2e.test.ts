// What each safety layer of the services is for: the same story with the layer is clean, and without it the account of every event is
// red. Real processes on real servers; the cold store keeps every row and remembers two tokens, so that nothing is tidied up.
//
//   fence           a worker is stopped with an insert on its way; others finish its plan; then the insert arrives
//   position_owner  a worker dies between the hot commit and the plan, and the log is read again: an event must be told from its copies
//   missing_rows    a worker dies between the insert and the state row, and another finishes its plan
//
// `npm test` runs those without a layer but the fence's, which takes minutes (the model test finds a missing fence each time); the crash
// test of the services runs with all layers on. `TEST_FULL=1` runs every story both ways.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CLEAN, createApiClient, type ApiClient } from '@penstock/test-kit'
import {
  createCluster,
  createClusterStory,
  keepEveryRowOf,
  startHeldLine,
  stopWorker,
  storesAt,
  type Cluster,
  type ClusterStory,
  type HeldLine,
} from '@penstock/test-kit/cluster'
import { serversSuite } from '@penstock/test-kit/server-suite'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { newTenant } from './tenant.ts'

const NAME = 'safety'
// Short, and long enough for a server that has to share its cores.
const LEASE_MS = 4_000
const TOKEN_WINDOW = 2
const DEATH_MS = 20_000
const FULL = process.env['TEST_FULL'] === '1'

await serversSuite(({ nats, cassandra, clickhouse }) => {
  const stores = storesAt({ nats, cql: cassandra, clickhouse })
  let directory: string
  let lines: HeldLine[]
  let cluster: Cluster
  let seed = 9_100
  const apis: ApiClient[] = []

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'penstock-safety-'))
    lines = await Promise.all([startHeldLine(clickhouse.port), startHeldLine(clickhouse.port)])
    cluster = await createCluster({
      env: { ...stores.env, PENSTOCK_LEASE_MS: String(LEASE_MS) },
      envOf: (kind, index) => {
        const line = kind === 'worker' ? lines[index] : undefined
        const own = line === undefined ? {} : { PENSTOCK_CLICKHOUSE_URL: `http://127.0.0.1:${line.port}` }
        return { ...stores.envOf(kind), ...own }
      },
      name: NAME,
      gateways: 1,
      workers: 2,
    })
    await cluster.start()
    await keepEveryRowOf({ clickhouse, envOf: stores.envOf }, NAME, TOKEN_WINDOW)
  }, 240_000)
  afterAll(async () => {
    await Promise.all(apis.map((api) => api.close()))
    await cluster.close()
    await Promise.all(lines.map((line) => line.close()))
    await rm(directory, { recursive: true, force: true })
  })
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      for (const { kind, program } of cluster.all())
        console.error(`${kind}:\n${program.output().slice(-3000)}`)
    await Promise.all(cluster.workers.map((worker) => worker.kill()))
  })

  // Of a project of its own: what was doubled on purpose stays there.
  const newStory = async (): Promise<ClusterStory> => {
    const { write, read, admin } = await newTenant(cluster)
    const keys = { writeKey: write, readKey: read, adminKey: admin }
    const api = createApiClient({ url: cluster.url, answersUrl: cluster.answers.url, ...keys })
    apis.push(api)
    return createClusterStory(api, { directory, seed: ++seed })
  }
  const envWithout = (layer: string | null): Record<string, string> =>
    layer === null ? {} : { PENSTOCK_TEST: '1', PENSTOCK_TEST_UNSAFE: layer }
  const toDieAt = (step: string) => ({ PENSTOCK_TEST: '1', PENSTOCK_TEST_FAILPOINT: step })
  const died = async (worker: Cluster['workers'][number]): Promise<void> => {
    const end = await Promise.race([worker.program.exited, sleep(DEATH_MS, null)])
    if (end?.signal !== 'SIGKILL') throw new Error(`it did not die at the step:\n${worker.program.output()}`)
  }
  const kill = () => Promise.all(cluster.workers.map((worker) => worker.kill()))

  /** The late insert of a worker that others took over from. */
  async function lateInsert(layer: string | null) {
    const env = envWithout(layer)
    const [victim, heir] = cluster.workers as [Cluster['workers'][number], Cluster['workers'][number]]
    await kill()
    const story = await newStory()
    await Promise.all([victim.startReady(env), heir.startReady(env)])
    const senders = Array.from({ length: 4 }, () => story.startSending())
    const stopped = await stopWorker({
      victim,
      line: lines[0] as HeldLine,
      workers: cluster.workers,
      leastMs: 2 * LEASE_MS,
      leastInserts: 2 * TOKEN_WINDOW,
      mostMs: 30_000,
    }).finally(() => Promise.all(senders.map((sender) => sender.stop())))
    expect(stopped.insertHeld).toBe(true)
    expect(stopped.inserts).toBeGreaterThanOrEqual(2 * TOKEN_WINDOW)
    return story.judge()
  }

  /** Two copies of one event, the second accepted but not yet planned when the worker dies. */
  async function copyAcrossACrash(layer: string | null) {
    const env = envWithout(layer)
    const [worker] = cluster.workers as [Cluster['workers'][number]]
    await kill()
    const story = await newStory()
    await worker.startReady(env)
    const events = story.newEvents(50)
    await story.send(events)
    await story.counted()
    await worker.kill()
    worker.start({ ...env, ...toDieAt('cold.6.before_plan') })
    expect(await story.send([...events, ...story.newEvents(20)])).toBe('accepted')
    await died(worker)
    await worker.startReady(env)
    await story.send(story.newEvents(1))
    return story.judge()
  }

  /** Dies when the rows stand in the cold store, and the state row does not know yet; another worker goes on. */
  async function deathAfterTheInsert(layer: string | null) {
    const env = envWithout(layer)
    const [victim, heir] = cluster.workers as [Cluster['workers'][number], Cluster['workers'][number]]
    await kill()
    const story = await newStory()
    victim.start({ ...env, ...toDieAt('cold.8.after_inserts') })
    await story.send(story.newEvents(200))
    await died(victim)
    await heir.startReady(env)
    await story.send(story.newEvents(1))
    return story.judge()
  }

  const layers = [
    { layer: 'position_owner', story: copyAcrossACrash },
    { layer: 'missing_rows', story: deathAfterTheInsert },
    ...(FULL ? [{ layer: 'fence', story: lateInsert }] : []),
  ]
  describe.each(layers)('$layer', ({ layer, story }) => {
    if (FULL) {
      it('on: every event is stored once', { timeout: 180_000 }, async () => {
        expect(await story(null)).toMatchObject(CLEAN)
      })
    }

    it('off: events are doubled, and the account says so', { timeout: 180_000 }, async () => {
      const verdict = await story(layer)
      expect(verdict.clean).toBe(false)
      expect(verdict.duplicated).toBeGreaterThan(0)
    })
  })
})

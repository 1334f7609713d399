// Chooses whom to hit next, hits it, brings it back, and waits until everything is ready. What a run owes comes first, in an order that
// the seed decides; then whoever comes back quickly.
import type { FailpointName } from '@penstock/pipeline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../random.ts'
import type { Cluster } from './cluster.ts'
import type { HeldLine } from './held-line.ts'
import { dieAtStep } from './step-hits.ts'
import { stopWorker, type StoppedWorker } from './stopped-worker.ts'
import type { Stores } from './stores.ts'
import { isReady } from '../program/is-ready.ts'

/** What is killed with -9. */
export const KILLED = ['gateway', 'worker', 'nats', 'cql', 'clickhouse'] as const
export type Killed = (typeof KILLED)[number]
const SERVERS = ['nats', 'cql', 'clickhouse'] as const

export interface HitPlan {
  /** Kills of each kind. */
  leastOfEach: number
  /** Workers stopped past their lease. */
  stops: number
  /** Servers that stay down for `outageMs`. */
  outages: number
  outageMs: number
  /** Inserts that others make while a worker is stopped, at least. */
  insertsWhileStopped: number
  /** Steps to die at. */
  steps: readonly FailpointName[]
}

export interface HitTally {
  kills: Record<Killed, number>
  atStep: Record<string, number>
  /** Steps that were waited for in vain. */
  notReached: string[]
  outages: string[]
  stops: StoppedWorker[]
  /** From the moment that what was hit ran again until everything was ready, by kind of hit. Unit: milliseconds. */
  readyMs: Record<string, number[]>
}

export interface Victims {
  /** Resolves with what was hit once all are ready again. */
  next(): Promise<string>
  /** Whether hits of the plan are left. */
  owing(): boolean
  kills(): number
  tally(): Readonly<HitTally>
}

export interface VictimsDeps {
  cluster: Cluster
  stores: Stores
  /** Between each worker and ClickHouse. */
  lines: readonly HeldLine[]
  random: Random
  replay: () => Promise<boolean>
  /** Called when what was hit runs again. */
  back: (kind: string) => void
}

type Hit = { kind: Killed | 'stop' | 'outage' } | { kind: 'step'; name: FailpointName; attempt: number }

const READY_MS = 120_000
// A worker that was killed gets partitions again when others have taken them over and shared them out: two leases on a busy machine.
const STEP_PATIENCE_MS = 30_000
const STEP_ATTEMPTS = 3
// The default lease, and what its taker needs besides.
const PAST_LEASE_MS = 9_000
const LONGEST_STOP_MS = 45_000
/** What comes back in a second or two. */
const QUICK: readonly Killed[] = ['gateway', 'worker', 'worker', 'nats', 'clickhouse']

export function createVictims(deps: VictimsDeps, plan: HitPlan): Victims {
  const { cluster, stores, random } = deps
  const times = (count: number, hit: Hit): Hit[] => Array.from({ length: count }, () => hit)
  const owed = random.shuffle([
    ...KILLED.flatMap((kind) => times(plan.leastOfEach, { kind })),
    ...times(plan.stops, { kind: 'stop' }),
    ...times(plan.outages, { kind: 'outage' }),
    ...plan.steps.map((name): Hit => ({ kind: 'step', name, attempt: 1 })),
  ])
  const tally: HitTally = {
    kills: { gateway: 0, worker: 0, nats: 0, cql: 0, clickhouse: 0 },
    atStep: {},
    notReached: [],
    outages: [],
    stops: [],
    readyMs: {},
  }

  async function kill(kind: Killed): Promise<void> {
    tally.kills[kind]++
    if (kind === 'gateway' || kind === 'worker') {
      const victim = random.pick(kind === 'gateway' ? cluster.gateways : cluster.workers)
      await victim.kill()
      await victim.startReady()
    } else await stores[kind].restart()
  }

  async function outage(): Promise<string> {
    const kind = random.pick(SERVERS)
    tally.kills[kind]++
    tally.outages.push(kind)
    stores[kind].kill('SIGKILL')
    await stores[kind].exited()
    await sleep(plan.outageMs)
    await stores[kind].restart()
    return `outage of ${kind}`
  }

  async function stop(): Promise<void> {
    const index = random.int(0, cluster.workers.length - 1)
    const stopped = await stopWorker({
      victim: cluster.workers[index]!,
      line: deps.lines[index]!,
      workers: cluster.workers,
      leastMs: PAST_LEASE_MS,
      leastInserts: plan.insertsWhileStopped,
      mostMs: LONGEST_STOP_MS,
    })
    tally.stops.push(stopped)
  }

  async function step(hit: Hit & { kind: 'step' }): Promise<void> {
    const { name, attempt } = hit
    const { replay } = deps
    if (await dieAtStep(name, { cluster, random, replay, patienceMs: STEP_PATIENCE_MS }))
      tally.atStep[name] = (tally.atStep[name] ?? 0) + 1
    else if (attempt < STEP_ATTEMPTS) owed.push({ kind: 'step', name, attempt: attempt + 1 })
    else tally.notReached.push(name)
  }

  async function hitOne(hit: Hit): Promise<string> {
    if (hit.kind === 'outage') return outage()
    if (hit.kind === 'stop') await stop()
    else if (hit.kind === 'step') await step(hit)
    else await kill(hit.kind)
    return hit.kind === 'step' ? hit.name : hit.kind
  }

  function refuseOwnEnds(): void {
    const ended = cluster.all().find((service) => !service.running())
    if (ended === undefined) return
    const { code, signal } = ended.program.exit() ?? { code: null, signal: null }
    throw new Error(
      `${ended.kind} ended by itself, code ${code}, signal ${signal}:\n${ended.program.output()}`,
    )
  }

  async function allReady(): Promise<void> {
    const deadline = performance.now() + READY_MS
    for (;;) {
      const ready = await Promise.all(cluster.all().map(({ url }) => isReady(url)))
      if (ready.every(Boolean)) return
      refuseOwnEnds()
      if (performance.now() > deadline) {
        const late = cluster.all().find((_, index) => ready[index] !== true)
        throw new Error(`${late?.kind} is not ready again within ${READY_MS} ms:\n${late?.program.output()}`)
      }
      await sleep(100)
    }
  }

  return {
    async next() {
      refuseOwnEnds()
      const hit = await hitOne(owed.shift() ?? { kind: random.pick(QUICK) })
      deps.back(hit)
      const backAt = performance.now()
      await allReady()
      tally.readyMs[hit] = [...(tally.readyMs[hit] ?? []), Math.round(performance.now() - backAt)]
      return hit
    },
    owing: () => owed.length > 0,
    kills: () => [...Object.values(tally.kills), ...Object.values(tally.atStep)].reduce((a, b) => a + b, 0),
    tally: () => tally,
  }
}

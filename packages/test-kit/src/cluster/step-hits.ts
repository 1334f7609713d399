// A service dies at a numbered step of the protocol, by its own hand: it is started again with the step to die at, and meets what the
// step needs. Then it is started as ever.
import type { FailpointName } from '@penstock/pipeline'
import { setTimeout as sleep } from 'node:timers/promises'
import { LEASE_FAILPOINTS, REACHABLE_FAILPOINTS } from '../crash/nemesis.ts'
import type { Random } from '../random.ts'
import type { Cluster } from './cluster.ts'
import type { ServiceProcess } from './service-process.ts'
import { workerFigures } from './worker-figures.ts'

/** Every step that a workload over HTTP passes in services side by side. */
export const CLUSTER_STEPS: readonly FailpointName[] = [...REACHABLE_FAILPOINTS, ...LEASE_FAILPOINTS]

export interface StepDeps {
  cluster: Cluster
  random: Random
  /** Replays a dead letter, if there is one. */
  replay: () => Promise<boolean>
  /** How long the step may let wait for it once the service was started. Unit: milliseconds. */
  patienceMs: number
}

/** Steps of a recovery are passed by whoever finds the plan that this step leaves open. */
const LEFT_BY: Partial<Record<FailpointName, FailpointName>> = {
  'recovery.c.asked': 'cold.8.after_inserts',
  'recovery.c.inserted': 'cold.6.after_plan',
}
/** Passed while a worker that is told to end gives its partitions back. */
const WHILE_LEAVING: readonly FailpointName[] = ['lease.before_release', 'lease.released']

const LONGEST_STOP_MS = 30_000

const dieAt = (name: FailpointName, hit: number): Record<string, string> => ({
  PENSTOCK_TEST: '1',
  PENSTOCK_TEST_FAILPOINT: `${name}@${hit}`,
})

/** Resolves, when the service runs again as ever, with whether it died at the step. */
export async function dieAtStep(name: FailpointName, deps: StepDeps): Promise<boolean> {
  const { cluster, random } = deps
  if (name.startsWith('ingest.'))
    return dieOnce(random.pick(cluster.gateways), dieAt(name, random.int(2, 10)), deps)
  if (name.startsWith('replay.')) return dieWhileReplaying(dieAt(name, 1), deps)
  const victim = random.pick(cluster.workers)
  const before = LEFT_BY[name]
  if (before !== undefined) return dieRecovering(victim, { name, before }, deps)
  // A hot step is passed many times a second, first by messages of readiness probes; a recovery step once per partition.
  const hit = name.startsWith('hot.') ? random.int(3, 20) : random.int(1, 2)
  return dieOnce(victim, dieAt(name, hit), deps, WHILE_LEAVING.includes(name))
}

async function dieOnce(
  victim: ServiceProcess,
  env: Record<string, string>,
  deps: StepDeps,
  leaving = false,
): Promise<boolean> {
  // Told to end, it gives its partitions back; after a kill they would have to wait for its leases to run out.
  await victim.stop(LONGEST_STOP_MS)
  victim.start(env)
  if (leaving) {
    await untilHolding(victim, deps.patienceMs)
    victim.signal('SIGTERM')
  }
  const died = await diesOf(victim, deps.patienceMs)
  await victim.startReady()
  return died
}

async function dieWhileReplaying(env: Record<string, string>, deps: StepDeps): Promise<boolean> {
  const victim = deps.cluster.answers
  await victim.kill()
  const { program } = await startedWith(victim, env)
  const replaying = (async () => {
    while (program.exit() === null) if (!(await deps.replay())) await sleep(50)
  })()
  const died = await diesOf(victim, deps.patienceMs)
  await replaying
  await victim.startReady()
  return died
}

/** One worker leaves a plan open, and all that could find it die at the step until one has. */
async function dieRecovering(
  leaver: ServiceProcess,
  steps: { name: FailpointName; before: FailpointName },
  deps: StepDeps,
): Promise<boolean> {
  const others = deps.cluster.workers.filter((worker) => worker !== leaver)
  await leaver.kill()
  leaver.start(dieAt(steps.before, 1))
  const left = await diesOf(leaver, deps.patienceMs)
  const exits = await Promise.all(
    others.map(async (worker) => {
      await worker.kill()
      worker.start(dieAt(steps.name, 1))
      // The lease of the dead has to run out first.
      return diesOf(worker, deps.patienceMs * 2)
    }),
  )
  await Promise.all([leaver, ...others].map((worker) => worker.startReady()))
  return left && exits.some(Boolean)
}

async function startedWith(service: ServiceProcess, env: Record<string, string>): Promise<ServiceProcess> {
  await service.startReady(env)
  return service
}

async function untilHolding(worker: ServiceProcess, patienceMs: number): Promise<void> {
  const until = performance.now() + patienceMs
  while (performance.now() < until) {
    const figures = await workerFigures(worker.url)
    if (figures !== null && figures.partitionsHeld > 0) return
    await sleep(50)
  }
}

/** Whether it ends by SIGKILL in time; kills it when it does not end. */
async function diesOf(service: ServiceProcess, patienceMs: number): Promise<boolean> {
  const patience = new AbortController()
  const late = sleep(patienceMs, 'late' as const, { signal: patience.signal }).catch(() => 'late' as const)
  const end = await Promise.race([service.program.exited, late])
  patience.abort()
  if (end !== 'late') return end.signal === 'SIGKILL'
  await service.kill()
  return false
}

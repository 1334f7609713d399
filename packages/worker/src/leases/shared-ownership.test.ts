// Several workers on the model's stores, in virtual time: who holds what, how quickly, and what a worker does that lost its lease.
import { describePartitionLeases } from '@penstock/pipeline/contracts'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { PipelineError, type PartitionLeases } from '@penstock/pipeline'
import { createFaultPlan, newIncarnation, type Incarnation, NO_FAULTS } from '../simulation/fault-plan.ts'
import { createSeededRandom } from '../simulation/seeded-random.ts'
import { createSimulatedCold } from '../simulation/simulated-cold.ts'
import { createSimulatedLog } from '../simulation/simulated-log.ts'
import { createSimulatedState } from '../simulation/simulated-state.ts'
import { SMALL_OPTIONS } from '../simulation/small-world.ts'
import { createVirtualTime } from '../simulation/virtual-time.ts'
import { createWorker, type Worker } from '../worker.ts'

const LEASE_MS = 6_000

interface Member {
  worker: Worker
  incarnation: Incarnation
  /** While true the store does not hear its renewals. */
  deaf: boolean
  failpoints: string[]
}

function createWorld(partitions: number) {
  const random = createSeededRandom(1)
  const time = createVirtualTime(Date.UTC(2026, 10, 20))
  const faults = createFaultPlan(random, NO_FAULTS, { chance: 0, longestMs: 1, most: 0, time })
  const log = createSimulatedLog({ partitions, faults, time, random })
  const state = createSimulatedState({ faults, commits: 'checked_before' })
  const cold = createSimulatedCold({ faults, random, isPoison: () => false, tokenMemory: 10, fences: true })
  const members: Member[] = []
  let tokens = 0

  function start(): Member {
    const incarnation = newIncarnation()
    const stores = state.port(incarnation)
    const shared = state.leases(incarnation)
    const member = { incarnation, deaf: false, failpoints: [] as string[] } as unknown as Member
    const leases: PartitionLeases = {
      ...shared,
      renew: (held, renewals) =>
        member.deaf
          ? Promise.reject(new PipelineError('unavailable', 'state', 'away'))
          : shared.renew(held, renewals),
    }
    member.worker = createWorker(
      {
        log: log.port(incarnation),
        state: stores,
        leases,
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
        newToken: () => `t-${++tokens}`,
        random: () => random.next(),
        logger: pino({ level: 'silent' }),
        failpoint: (name) => {
          if (incarnation.dead) throw new Error('dead')
          member.failpoints.push(name)
        },
      },
      { ...SMALL_OPTIONS, leaseMs: LEASE_MS },
    )
    members.push(member)
    void member.worker.start()
    return member
  }

  /** Lets virtual time pass until `done`; returns how much of it passed. */
  async function until(done: () => boolean | Promise<boolean>, mostMs = 60_000): Promise<number> {
    const from = time.now()
    for (;;) {
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
      if (await done()) return time.now() - from
      if (time.now() - from > mostMs) throw new Error('does not happen')
      time.advance()
    }
  }

  async function held(member: Member): Promise<number> {
    const text = await member.worker.metrics()
    return Number(/^penstock_partitions_held (\d+)/m.exec(text)?.[1])
  }

  async function shares(...of: Member[]): Promise<number[]> {
    return Promise.all(of.map(held))
  }

  const toBe =
    (of: Member[], ...wanted: number[]) =>
    async () =>
      String(await shares(...of)) === String(wanted)

  async function stop(): Promise<void> {
    const all = Promise.all(members.map(({ worker }) => worker.stop()))
    let over = false
    void all.then(() => (over = true))
    await until(() => over)
  }

  return { start, until, shares, toBe, stop, state, log, cold, time, members }
}

describe('workers side by side', () => {
  it('share partitions out evenly, whoever comes and goes', async () => {
    const world = createWorld(5)
    const a = world.start()
    await world.until(world.toBe([a], 5))
    const b = world.start()
    await world.until(async () => (await world.shares(a, b)).sort().join() === '2,3')
    const c = world.start()
    await world.until(async () => (await world.shares(a, b, c)).sort().join() === '1,2,2')
    await world.stop()
    expect(await world.shares(a, b, c)).toEqual([0, 0, 0])
    expect((await world.state.leases(newIncarnation()).leases(5)).map(({ holder }) => holder)).toEqual(
      Array.from({ length: 5 }, () => null),
    )
    expect(await world.state.leases(newIncarnation()).workers()).toEqual([])
  })

  it('take over within 10 s from one that died, and within 1 s from one that was told to stop', async () => {
    const world = createWorld(4)
    const [a, b] = [world.start(), world.start()]
    await world.until(world.toBe([a, b], 2, 2))
    await world.until(() => a.failpoints.includes('lease.renewed'))
    a.incarnation.dead = true
    const afterKill = await world.until(world.toBe([b], 4))
    expect(afterKill).toBeGreaterThanOrEqual(LEASE_MS - 1_000)
    expect(afterKill).toBeLessThan(10_000)

    const c = world.start()
    await world.until(world.toBe([b, c], 2, 2))
    void b.worker.stop()
    expect(await world.until(world.toBe([c], 4))).toBeLessThan(1_000)
    await world.stop()
  })

  it('stop acting before anybody else may take, when they cannot renew', async () => {
    const world = createWorld(2)
    const a = world.start()
    await world.until(world.toBe([a], 2))
    await world.until(() => a.failpoints.includes('lease.renewed'))
    a.deaf = true
    const bothExpired = async (): Promise<boolean> =>
      (await a.worker.metrics()).includes('penstock_leases_ended_total{reason="expired"} 2')
    const silentFor = await world.until(bothExpired)
    expect(silentFor).toBeLessThan(LEASE_MS)
    expect(silentFor).toBeGreaterThan(LEASE_MS / 2)
    expect(a.worker.alive()).toBe(true)
    a.deaf = false
    await world.until(world.toBe([a], 2))
    await world.stop()
  })

  it('do nothing more when they were stopped past their lease and wake up', async () => {
    const world = createWorld(1)
    const a = world.start()
    await world.until(world.toBe([a], 1))
    a.incarnation.stoppedUntil = world.time.now() + 30_000
    const b = world.start()
    await world.until(world.toBe([b], 1))
    const before = a.failpoints.length
    await world.until(() => world.time.now() > a.incarnation.stoppedUntil + 5_000)
    expect(await world.shares(a, b)).toEqual([0, 1])
    expect(a.failpoints.slice(before).filter((name) => !name.startsWith('lease.'))).toEqual([])
    const [lease] = await world.state.leases(newIncarnation()).leases(1)
    expect(lease).toMatchObject({ epoch: 2 })
    await world.stop()
  })

  it('leave a partition that halts to somebody else, and say so', async () => {
    const world = createWorld(1)
    const a = world.start()
    await world.until(world.toBe([a], 1))
    world.log.append(0, Buffer.from('no chunk at all'))
    await world.until(() => !a.worker.alive())
    await world.until(world.toBe([a], 0))
    const b = world.start()
    await world.until(() => b.failpoints.includes('lease.taken'))
    await world.until(() => !b.worker.alive())
    expect(await a.worker.metrics()).toContain('penstock_partitions_halted{reason="corrupt"} 1')
    await world.stop()
  })
})

describePartitionLeases('the model’s', () => {
  const random = createSeededRandom(1)
  const state = createSimulatedState({ faults: createFaultPlan(random, NO_FAULTS), commits: 'at_once' })
  const incarnation = newIncarnation()
  return Promise.resolve({
    leases: state.leases(incarnation),
    state: state.port(incarnation),
    close: () => Promise.resolve(),
  })
})

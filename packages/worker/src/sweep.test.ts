import { PipelineError, type StateRow } from '@penstock/pipeline'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createFaultPlan, newIncarnation, NO_FAULTS } from './simulation/fault-plan.ts'
import { createSeededRandom } from './simulation/seeded-random.ts'
import { createSimulatedCold } from './simulation/simulated-cold.ts'
import { createSimulatedLog } from './simulation/simulated-log.ts'
import { createSimulatedState } from './simulation/simulated-state.ts'
import { SMALL_OPTIONS } from './simulation/small-world.ts'
import { createVirtualTime } from './simulation/virtual-time.ts'
import { createWorker } from './worker.ts'

const DAY_MS = 86_400_000
const START = Date.UTC(2026, 10, 20)

type HotSweep = { now: number; registryWindowMs: number; shop: number; unknown: number }

async function sweepingWorld({ coldFails = 0, coldHangs = false, shared = false } = {}) {
  const random = createSeededRandom(1)
  const faults = createFaultPlan(random, NO_FAULTS)
  const time = createVirtualTime(START)
  const log = createSimulatedLog({ partitions: 1, faults, time, random })
  const state = createSimulatedState({ faults, commits: 'at_once' })
  const cold = createSimulatedCold({ faults, random, isPoison: () => false, tokenMemory: 10, fences: true })
  const incarnation = newIncarnation()
  const stores = state.port(incarnation)
  const hotSweeps: HotSweep[] = []
  const coldSweeps: [project: string, before: number][] = []
  let coldErrors = coldFails
  const worker = createWorker(
    {
      log: log.port(incarnation),
      state: stores,
      hot: stores,
      ...(shared ? { leases: state.leases(incarnation) } : {}),
      cold: {
        ...cold.port(incarnation),
        sweep: (project, before) => {
          if (coldErrors-- > 0) return Promise.reject(new PipelineError('unavailable', 'cold', 'away'))
          coldSweeps.push([project, before])
          return coldHangs ? new Promise(() => undefined) : Promise.resolve()
        },
      },
      sweeper: {
        sweep: ({ now, registryWindowMs, hotRetentionMs }) => {
          hotSweeps.push({
            now,
            registryWindowMs,
            shop: hotRetentionMs('shop'),
            unknown: hotRetentionMs('?'),
          })
          return Promise.resolve({ removed: 1, done: hotSweeps.length % 3 === 0 })
        },
      },
      projects: {
        projects: () => Promise.resolve([{ id: 'shop', name: 'Shop', retentionDays: 40, createdAt: 0 }]),
      },
      clock: () => time.now(),
      monotonic: () => time.now(),
      sleep: (ms, signal) => time.sleep(ms, signal),
      newToken: () => 'plan',
      random: () => random.next(),
      logger: pino({ level: 'silent' }),
      failpoint: () => undefined,
    },
    {
      ...SMALL_OPTIONS,
      hotRetentionMs: 90 * DAY_MS,
      sweepIntervalMs: 3_600_000,
      coldSweepIntervalMs: 2 * 3_600_000,
    },
  )
  await worker.start()
  const runUntil = async (condition: () => boolean): Promise<void> => {
    for (let turn = 0; turn < 100_000 && !condition(); turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      time.advance()
    }
    expect(condition()).toBe(true)
  }
  return { worker, log, state, hotSweeps, coldSweeps, runUntil, time }
}

describe('sweeping', () => {
  it('goes on in pieces until a round is over, with the shorter retention of project and hot store', async () => {
    const { worker, hotSweeps, runUntil } = await sweepingWorld()
    await runUntil(() => hotSweeps.length >= 3)
    expect(hotSweeps[0]).toMatchObject({
      registryWindowMs: 35 * DAY_MS,
      shop: 40 * DAY_MS,
      unknown: 90 * DAY_MS,
    })
    const [first, , third] = hotSweeps
    expect((third?.now ?? 0) - (first?.now ?? 0)).toBeLessThan(60_000)
    await runUntil(() => hotSweeps.length >= 4)
    expect((hotSweeps[3]?.now ?? 0) - (third?.now ?? 0)).toBeGreaterThanOrEqual(3_600_000 - 2_000)
    await worker.stop()
  })

  it('removes from the cold store what is past the retention of its project, also after a failure', async () => {
    const { worker, coldSweeps, runUntil, time } = await sweepingWorld({ coldFails: 1 })
    await runUntil(() => coldSweeps.length >= 1)
    expect(coldSweeps[0]).toEqual(['shop', expect.any(Number)])
    expect(Math.abs((coldSweeps[0]?.[1] ?? 0) - (time.now() - 40 * DAY_MS))).toBeLessThan(60_000)
    await worker.stop()
  })

  it('never takes the registry entry of an event that is not in the cold store yet', async () => {
    const { worker, log, state, hotSweeps, runUntil } = await sweepingWorld()
    await runUntil(() => state.rows.has(0))
    // A message that the cold stage can never reach: the partition halts on it, sweeping goes on.
    const stuck = log.append(0, Buffer.from([9]))
    await runUntil(() => hotSweeps.length >= 9)
    const row = state.rows.get(0) as StateRow
    expect(row.coldThrough).toBeLessThan(stuck.seq)
    expect(hotSweeps.at(-1)?.now).toBe(stuck.logTime)
    await worker.stop()
  })

  it('does not keep a worker from leaving when others can go on with it', async () => {
    const { worker, coldSweeps, runUntil, time } = await sweepingWorld({ coldHangs: true, shared: true })
    await runUntil(() => coldSweeps.length === 1)
    const from = time.now()
    let stopped = false
    void worker.stop().then(() => (stopped = true))
    await runUntil(() => stopped)
    expect(time.now() - from).toBeLessThan(1_000)
  })
})

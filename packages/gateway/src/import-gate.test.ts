import { PipelineError, type EventLog, type StateRow } from '@penstock/pipeline'
import { describe, expect, it } from 'vitest'
import { createImportGate } from './import-gate.ts'

const PARTITIONS = 4
const MAX_LAG_MS = 1_000

/** A gate over stores whose progress is set by hand, and whose questions are counted; time passes when all that wait sleep. */
function createBench() {
  const bench = { lagMs: 0, fails: false, refusing: false, ends: 0, reads: 0 }
  let now = 1_000_000
  let sleeping: { until: number; wake: () => void }[] = []
  const log = {
    partitions: PARTITIONS,
    end: () => {
      bench.ends++
      if (bench.fails) return Promise.reject(new PipelineError('unavailable', 'log', 'is away'))
      return Promise.resolve({ lastSeq: 7, observedAt: now })
    },
    timeAfter: () => Promise.resolve(now - bench.lagMs),
  }
  const state = {
    read: () => {
      bench.reads++
      return Promise.resolve({ hotThrough: 6, coldThrough: 6 } as StateRow)
    },
  }
  const gate = createImportGate({
    log: log as unknown as EventLog,
    state,
    clock: () => now,
    sleep: (ms) => new Promise((wake) => void sleeping.push({ until: now + ms, wake })),
    importMaxLagMs: MAX_LAG_MS,
    refusing: () => bench.refusing,
  })
  return Object.assign(bench, {
    admit: () => gate.admit(),
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 25) {
        await settled()
        now += 25
        const over = sleeping.filter(({ until }) => until <= now)
        sleeping = sleeping.filter(({ until }) => until > now)
        for (const { wake } of over) wake()
      }
      await settled()
    },
  })
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('an import that comes while the stores are behind', () => {
  it('is told to come back when they stay behind', async () => {
    const bench = createBench()
    bench.lagMs = MAX_LAG_MS + 1
    const refused = expect(bench.admit()).rejects.toMatchObject({ code: 'overloaded' })
    await bench.pass(10_100)
    await refused
  })

  it('goes in when they have caught up', async () => {
    const bench = createBench()
    bench.lagMs = MAX_LAG_MS + 1
    let inside = false
    void bench.admit().then(() => (inside = true))
    await bench.pass(1_000)
    expect(inside).toBe(false)
    bench.lagMs = 0
    await bench.pass(200)
    expect(inside).toBe(true)
  })

  it('asks the stores no more often for being one of many', async () => {
    const bench = createBench()
    bench.lagMs = MAX_LAG_MS + 1
    const refused = Array.from({ length: 16 }, () =>
      expect(bench.admit()).rejects.toMatchObject({ code: 'overloaded' }),
    )
    await bench.pass(1_000)
    // A look each 100 ms, and of each partition one end and one state.
    expect(bench.ends).toBeLessThanOrEqual(PARTITIONS * 11)
    expect(bench.ends).toBeGreaterThanOrEqual(PARTITIONS * 5)
    expect(bench.reads).toBe(bench.ends)
    await expect(bench.admit()).rejects.toMatchObject({ code: 'overloaded' }) // the seventeenth that waits
    await bench.pass(10_000)
    await Promise.all(refused)
  })

  it('is told to come back when the gateway leaves', async () => {
    const bench = createBench()
    bench.lagMs = MAX_LAG_MS + 1
    const refused = expect(bench.admit()).rejects.toMatchObject({ code: 'overloaded' })
    await bench.pass(50)
    bench.refusing = true
    await bench.pass(50)
    await refused
  })
})

it('fails as the store does, and looks again for the next one', async () => {
  const bench = createBench()
  bench.fails = true
  await expect(bench.admit()).rejects.toMatchObject({ kind: 'unavailable' })
  await bench.pass(150)
  bench.fails = false
  await bench.admit()
})

it('lets two in at once, and the next when one of them is through', async () => {
  const bench = createBench()
  const [leave] = await Promise.all([bench.admit(), bench.admit()])
  let third = false
  void bench.admit().then(() => (third = true))
  await bench.pass(200)
  expect(third).toBe(false)
  leave()
  await bench.pass(100)
  expect(third).toBe(true)
})

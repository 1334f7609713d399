import { describe, expect, it } from 'vitest'
import { GATHERING_MS, STRAGGLER_MS, createCommitRounds, type Timing } from './commit-rounds.ts'

interface Append {
  partition: number
  answer: () => Promise<void>
}

/** Rounds over a log whose appends are answered by hand, and a loop that is turned by hand. */
function createBench(partitions = 4) {
  let now = 0
  let soon: (() => void)[] = []
  let timers: { at: number; run: () => void }[] = []
  const waiting = new Set<number>()
  const appends: Append[] = []
  const underWay = new Map<number, Append>()
  const timing: Timing = {
    soon: (run) => void soon.push(run),
    after(ms, run) {
      const timer = { at: now + ms, run }
      timers.push(timer)
      return () => {
        timers = timers.filter((one) => one !== timer)
      }
    },
    now: () => now,
  }
  const rounds = createCommitRounds(
    partitions,
    (partition) => {
      if (!waiting.delete(partition)) return null
      if (underWay.has(partition)) throw new Error(`two appends of partition ${partition} at once`)
      return new Promise((resolve) => {
        const append: Append = {
          partition,
          async answer() {
            underWay.delete(partition)
            resolve()
            await Promise.resolve()
            turn()
          },
        }
        appends.push(append)
        underWay.set(partition, append)
      })
    },
    timing,
  )
  /** One turn of the loop. */
  function look(): void {
    const due = soon
    soon = []
    for (const run of due) run()
  }
  /** As many as there is something to do in. */
  function turn(): void {
    while (soon.length > 0) look()
  }
  return {
    look,
    turn,
    /** Partitions that appended since the last call, in order. */
    begun: () => appends.splice(0).map(({ partition }) => partition),
    ready(...partitions: number[]) {
      for (const partition of partitions) {
        waiting.add(partition)
        rounds.ready(partition)
      }
    },
    answer: async (partition: number) => underWay.get(partition)?.answer(),
    tick: (ms: number) => void (now += ms),
    pass(ms: number) {
      now += ms
      const due = timers.filter(({ at }) => at <= now)
      timers = timers.filter(({ at }) => at > now)
      for (const { run } of due) run()
      turn()
    },
    timers: () => timers.length,
    isIdle: () => underWay.size === 0 && soon.length === 0 && timers.length === 0 && waiting.size === 0,
  }
}

describe('a partition that is slow', () => {
  it('holds the others up once, for the bound', async () => {
    const bench = createBench()
    bench.ready(0, 1, 2, 3)
    bench.turn()
    for (const partition of [0, 1, 2]) await bench.answer(partition)
    bench.begun()
    bench.ready(0, 1, 2, 3)
    bench.pass(STRAGGLER_MS - 1)
    expect(bench.begun()).toEqual([])
    bench.pass(1)
    expect(bench.begun()).toEqual([0, 1, 2])
    for (const partition of [0, 1, 2]) await bench.answer(partition)
    bench.ready(0, 1, 2)
    bench.turn()
    expect(bench.begun()).toEqual([0, 1, 2])
  })
  it('never has two appends under way, and sends what waited when it is answered', async () => {
    const bench = createBench()
    bench.ready(3)
    bench.turn()
    bench.ready(3)
    bench.pass(10 * STRAGGLER_MS)
    expect(bench.begun()).toEqual([3])
    await bench.answer(3)
    expect(bench.begun()).toEqual([3])
  })
  it('goes by itself until it is answered in time, then in step again', async () => {
    const bench = createBench(2)
    bench.ready(0, 1)
    bench.turn()
    await bench.answer(0)
    bench.pass(STRAGGLER_MS)
    bench.begun()
    bench.ready(0, 1)
    bench.turn()
    await bench.answer(1) // late; a round of 0 is on, and it does not wait for that
    expect(bench.begun()).toEqual([0, 1])
    bench.ready(0)
    await bench.answer(0) // nor 0 for it
    expect(bench.begun()).toEqual([0])
    await bench.answer(1) // in time
    bench.ready(1)
    bench.turn()
    expect(bench.begun()).toEqual([])
    bench.ready(0)
    await bench.answer(0)
    expect(bench.begun()).toEqual([0, 1])
  })
  it('stays by itself while it is late every time', async () => {
    const bench = createBench(2)
    for (let time = 0; time < 3; time++) {
      bench.ready(1)
      bench.turn()
      bench.pass(STRAGGLER_MS)
      bench.ready(0)
      bench.turn()
      expect(bench.begun()).toEqual([1, 0])
      await bench.answer(0)
      bench.ready(0)
      bench.turn()
      expect(bench.begun()).toEqual([0])
      await bench.answer(0)
      await bench.answer(1)
    }
    expect(bench.isIdle()).toBe(true)
  })
  it('is not the only one: when all are, each goes by itself', async () => {
    const bench = createBench(3)
    bench.ready(0, 1, 2)
    bench.turn()
    bench.pass(STRAGGLER_MS)
    bench.ready(0, 1, 2)
    bench.begun()
    for (const partition of [2, 0, 1]) {
      await bench.answer(partition)
      expect(bench.begun()).toEqual([partition])
    }
    for (const partition of [0, 1, 2]) await bench.answer(partition)
    bench.ready(0, 1, 2)
    bench.turn()
    expect(bench.begun()).toEqual([0, 1, 2])
  })
})

describe('a round', () => {
  it('begins at once when nothing is on its way', () => {
    const bench = createBench()
    bench.ready(2)
    bench.look()
    expect(bench.begun()).toEqual([2])
  })
  it('waits while each turn of the loop brings more, and then for a turn that brings nothing', () => {
    const bench = createBench()
    bench.ready(0, 1)
    bench.look()
    bench.ready(3)
    bench.look()
    expect(bench.begun()).toEqual([])
    bench.look()
    expect(bench.begun()).toEqual([0, 1, 3])
  })
  it('does not wait for ever', () => {
    const bench = createBench()
    bench.ready(0)
    for (let ms = 0; ms < GATHERING_MS; ms++) {
      bench.ready(1)
      expect(bench.begun()).toEqual([])
      bench.tick(1)
      bench.look()
    }
    expect(bench.begun()).toEqual([0, 1])
  })
  it('takes what became ready in the same turn of the loop, and what waits next time', async () => {
    const bench = createBench()
    bench.ready(2, 0)
    bench.turn()
    expect(bench.begun()).toEqual([0, 2])
    bench.ready(1, 2)
    bench.turn()
    await bench.answer(0)
    expect(bench.begun()).toEqual([])
    await bench.answer(2)
    expect(bench.begun()).toEqual([1, 2])
  })
  it('leaves nothing behind when it is over: no timer, no turn of the loop', async () => {
    const bench = createBench()
    bench.ready(0, 3)
    bench.turn()
    expect(bench.timers()).toBe(1)
    await bench.answer(3)
    await bench.answer(0)
    bench.turn()
    expect(bench.isIdle()).toBe(true)
  })
  it('needs no timer and no more turns when there is one partition', async () => {
    const bench = createBench(1)
    bench.ready(0, 0)
    bench.look()
    expect(bench.timers()).toBe(0)
    bench.ready(0)
    bench.pass(STRAGGLER_MS)
    await bench.answer(0)
    expect(bench.begun()).toEqual([0, 0])
  })
})

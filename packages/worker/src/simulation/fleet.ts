// The workers of one run of the model. Either processes that each believe to be the only one (what the epochs alone must be good
// for), or several side by side that share the partitions out by leases. They die, are stopped and go on, leave in order, come back.
import { createWorker, type Worker } from '../worker.ts'
import type { WorkerDeps, WorkerOptions } from '../options.ts'
import { newIncarnation, type FaultPlan, type Incarnation } from './fault-plan.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface Fleet {
  /** Once a turn: starts what is missing, and now and then something that was not called for. */
  turn(): void
  stop(): Promise<void>
}

interface Member {
  worker: Worker
  incarnation: Incarnation
  started: boolean
  leaving: boolean
}

export interface FleetOptions {
  /** Workers side by side with leases; 0: believed sole ones. */
  shared: number
  random: SeededRandom
  faults: FaultPlan
  /** Everything of one process. */
  deps: (incarnation: Incarnation) => WorkerDeps
  options: () => WorkerOptions
}

const MOST_EXTRA = 4

export function createFleet({ shared, random, faults, deps, options }: FleetOptions): Fleet {
  const members: Member[] = []
  let extra = 0

  function start(): Member {
    const incarnation = newIncarnation()
    const worker = createWorker(deps(incarnation), options())
    const member = { worker, incarnation, started: false, leaving: false }
    worker.start().then(
      () => (member.started = true),
      () => undefined, // it crashed while it started; the incarnation says so
    )
    members.push(member)
    return member
  }

  const remove = (member: Member): void => void members.splice(members.indexOf(member), 1)

  function turnSole(): void {
    const current = members.at(-1)
    if (current === undefined) start()
    else if (current.incarnation.dead) {
      void current.worker.stop()
      start()
      // Two workers that start at once may take the partition in either order; the one that is left behind starts again.
    } else if (current.started && !current.worker.alive()) start()
    if (extra < MOST_EXTRA && random.chance(0.01)) {
      extra++
      start() // the earlier one wakes up late
    }
  }

  function turnShared(): void {
    for (const member of [...members]) {
      if (!member.incarnation.dead) continue
      remove(member)
      void member.worker.stop()
    }
    const there = members.filter(({ leaving }) => !leaving)
    if (there.length < shared && random.chance(0.05)) start()
    else if (there.length > 0 && extra < MOST_EXTRA && random.chance(0.005)) {
      extra++
      const leaver = random.pick(there)
      leaver.leaving = true
      void leaver.worker.stop().then(() => remove(leaver))
    }
  }

  return {
    turn: shared === 0 ? turnSole : turnShared,
    stop: async () => {
      faults.end()
      await Promise.all(members.map(({ worker }) => worker.stop()))
    },
  }
}

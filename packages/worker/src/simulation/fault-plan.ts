// Decides, by seed, what goes wrong at each call of a port: the process dies before, between or after the durable effects, or the
// call fails with or without its effect. A process that died does nothing more: every later call of it throws. A process may also be
// stopped for a while, at any await, and go on later as if nothing had been.
import { PipelineError, type StoreName } from '@penstock/pipeline'
import type { SeededRandom } from './seeded-random.ts'
import type { VirtualTime } from './virtual-time.ts'

export class SimulatedCrashError extends Error {
  override readonly name = 'SimulatedCrashError'
}

/** One life of the worker's process. */
export interface Incarnation {
  dead: boolean
  /** Virtual time until which the process is stopped. */
  stoppedUntil: number
}

export const newIncarnation = (): Incarnation => ({ dead: false, stoppedUntil: -Infinity })

/** How processes are stopped and go on (SIGSTOP, SIGCONT). */
export interface Stops {
  chance: number
  longestMs: number
  most: number
  time: VirtualTime
}

export interface FaultRates {
  crash: number
  transient: number
  /** Of inserts: on its way for long, while its sender gives up, is stopped or dies. */
  late: number
  /** Of inserts: the store dies after it has noted the token and before the rows are there. */
  tokenAlone: number
  /** No more faults once this many crashes have happened, so that every run comes to rest. */
  maxCrashes: number
  maxTransients: number
}

export const NO_FAULTS: FaultRates = {
  crash: 0,
  transient: 0,
  late: 0,
  tokenAlone: 0,
  maxCrashes: 0,
  maxTransients: 0,
}

export interface FaultPlan {
  /** Runs durable effects one after the other; a crash may fall between any two. */
  effects(incarnation: Incarnation, store: StoreName, effects: readonly (() => void)[]): Promise<void>
  /** One effect, or a read. */
  one<T>(incarnation: Incarnation, store: StoreName, effect: () => T): Promise<T>
  /** A place between calls. */
  passes(incarnation: Incarnation): void
  /** Resolves once the process is not stopped. */
  awake(incarnation: Incarnation): Promise<void>
  /**
   * Whether the effect of a call that now fails may still happen later. Its sender goes on, is stopped for a while, or dies: what
   * arrives after others took over is what fences are for.
   */
  late(incarnation: Incarnation): boolean
  /** Whether nothing of the insert's rows comes to be although its token does. */
  tokenAlone(): boolean
  crashes(): number
  stops(): number
  /** No faults from now on. */
  end(): void
}

export function createFaultPlan(random: SeededRandom, rates: FaultRates, stops?: Stops): FaultPlan {
  let stopped = 0
  let crashes = 0
  let transients = 0
  let ended = false

  function mayCrash(incarnation: Incarnation): void {
    if (incarnation.dead) throw new SimulatedCrashError('the process is dead')
    if (ended || crashes >= rates.maxCrashes || !random.chance(rates.crash)) return
    crashes++
    incarnation.dead = true
    throw new SimulatedCrashError('the process dies here')
  }

  function mayFail(kind: 'unavailable' | 'outcome_unknown', store: StoreName): void {
    if (ended || transients >= rates.maxTransients || !random.chance(rates.transient)) return
    transients++
    throw new PipelineError(kind, store, `simulated ${kind}`)
  }

  function late(incarnation: Incarnation): boolean {
    if (ended || transients >= rates.maxTransients || !random.chance(rates.late)) return false
    transients++
    const sender = random.pick(['goes_on', 'is_stopped', 'dies'])
    if (sender === 'is_stopped') stop(incarnation)
    else if (sender === 'dies' && crashes < rates.maxCrashes) {
      crashes++
      incarnation.dead = true
    }
    return true
  }

  function tokenAlone(): boolean {
    if (ended || transients >= rates.maxTransients || !random.chance(rates.tokenAlone)) return false
    transients++
    return true
  }

  function stop(incarnation: Incarnation): void {
    if (stops === undefined || stopped >= stops.most) return
    stopped++
    incarnation.stoppedUntil = stops.time.now() + random.integer(1, stops.longestMs)
  }

  // A varying number of turns lets the two stages overtake each other in every way.
  async function turns(incarnation: Incarnation): Promise<void> {
    for (let left = random.integer(1, 4); left > 0; left--) await Promise.resolve()
    if (stops === undefined) return
    if (!ended && random.chance(stops.chance)) stop(incarnation)
    await awake(incarnation)
  }

  async function awake(incarnation: Incarnation): Promise<void> {
    if (stops === undefined) return
    while (stops.time.now() < incarnation.stoppedUntil) {
      await stops.time.sleep(incarnation.stoppedUntil - stops.time.now())
    }
  }

  async function effects(
    incarnation: Incarnation,
    store: StoreName,
    parts: readonly (() => void)[],
  ): Promise<void> {
    await turns(incarnation)
    mayFail('unavailable', store)
    for (const part of parts) {
      mayCrash(incarnation)
      part()
    }
    mayCrash(incarnation)
    await turns(incarnation)
    if (incarnation.dead) throw new SimulatedCrashError('the process is dead')
    mayFail('outcome_unknown', store)
  }

  async function one<T>(incarnation: Incarnation, store: StoreName, effect: () => T): Promise<T> {
    const results: T[] = []
    await effects(incarnation, store, [() => void results.push(effect())])
    return results[0] as T
  }

  return {
    effects,
    one,
    passes: mayCrash,
    awake,
    late,
    tokenAlone,
    crashes: () => crashes,
    stops: () => stopped,
    end: () => {
      ended = true
    },
  }
}

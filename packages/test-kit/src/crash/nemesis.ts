// Decides how the program dies next, by a seed: at any moment (also while it starts), or at a numbered step of the protocol,
// where it kills itself. Steps of a recovery need something to recover: the round before leaves it behind.
import { FAILPOINTS, type FailpointName } from '@penstock/pipeline'
import type { Random } from '../random.ts'

export type Round =
  /** Killed `afterMs` after it was ready, or after its start when `whileStarting`. */
  | { kind: 'random'; afterMs: number; whileStarting: boolean }
  /** Kills itself the `hit`-th time it passes the step. */
  | { kind: 'failpoint'; name: FailpointName; hit: number }

export interface NemesisOptions {
  /** Steps to die at. */
  failpoints: readonly FailpointName[]
  /** Share of later rounds that die at a step. */
  failpointShare: number
  killAfterMs: readonly [number, number]
}

/** Passed only when the cold store refuses a row; nothing that the gateway lets in is refused by ours as it is. */
export const REFUSAL_FAILPOINTS: readonly FailpointName[] = ['cold.9.before_refusal', 'cold.9.after_refusal']

/** Passed only by workers side by side. */
export const LEASE_FAILPOINTS: readonly FailpointName[] = FAILPOINTS.filter((name) =>
  name.startsWith('lease.'),
)

/** Every step that a workload over HTTP passes in one process. */
export const REACHABLE_FAILPOINTS: readonly FailpointName[] = FAILPOINTS.filter(
  (name) => !REFUSAL_FAILPOINTS.includes(name) && !LEASE_FAILPOINTS.includes(name),
)

/** What must be left behind for a recovery to reach its step. */
const LEFT_BY: Partial<Record<FailpointName, FailpointName>> = {
  'recovery.b.killed': 'cold.8.after_first_insert',
  'recovery.c.asked': 'cold.8.after_inserts',
  'recovery.c.inserted': 'cold.6.after_plan',
}

const OFTEN_PASSED = /^(ingest|hot)\./

/** `wanted`: steps still to be died at, asked before each round; they come before everything else. */
export function* createNemesis(
  random: Random,
  options: NemesisOptions,
  wanted: () => readonly FailpointName[],
): Generator<Round, never> {
  const dieAt = (name: FailpointName): Round => {
    // A hot step is passed many times a second, first by messages of readiness probes; a recovery step once per start.
    if (OFTEN_PASSED.test(name)) return { kind: 'failpoint', name, hit: random.int(3, 20) }
    return { kind: 'failpoint', name, hit: /^(recovery|replay)\./.test(name) ? 1 : random.int(1, 2) }
  }
  const atStep = function* (name: FailpointName): Generator<Round> {
    const before = LEFT_BY[name]
    if (before !== undefined) yield { kind: 'failpoint', name: before, hit: 1 }
    yield dieAt(name)
  }
  while (true) {
    const missing = wanted()
    if (missing.length > 0) yield* atStep(random.pick(missing))
    else if (options.failpoints.length > 0 && random.chance(options.failpointShare))
      yield* atStep(random.pick(options.failpoints))
    else {
      const whileStarting = random.chance(0.1)
      const [least, most] = options.killAfterMs
      yield {
        kind: 'random',
        whileStarting,
        afterMs: whileStarting ? random.int(50, 1000) : random.int(least, most),
      }
    }
  }
}

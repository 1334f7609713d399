// Lets imports in only as fast as the stores keep up, so that history does not stand in front of live events: one import at a time
// goes in while the hot stage is at most `importMaxLagMs` behind and the cold stage not much more; the others wait a bounded time.
// Bounds: how many wait (their bodies are in memory), and for how long; past either 503 `overloaded`.
import { lagOf, type EventLog, type WorkerState } from '@penstock/pipeline'
import { ProblemError } from './http/problem.ts'

export interface ImportGate {
  /** Resolves when it is this import's turn, with the function that ends the turn. @throws ProblemError 503 `overloaded` */
  admit(): Promise<() => void>
}

const MAX_WAITING = 16
const MAX_AT_ONCE = 2
const MAX_WAIT_MS = 10_000
const TRY_AGAIN_MS = 25
/** Far below any lag that is allowed, and few questions a second for stores that are behind. */
const LOOK_AGAIN_MS = 100
const RETRY_AFTER_SECONDS = 2
/** The cold stage groups what it finds for about a second; that much lag is its normal state. */
const COLD_ALLOWANCE_MS = 2_000

export function createImportGate(deps: {
  log: EventLog
  state: Pick<WorkerState, 'read'>
  clock: () => number
  /** Resolves after about this many ms. */
  sleep: (ms: number) => Promise<void>
  importMaxLagMs: number
  refusing: () => boolean
}): ImportGate {
  let waiting = 0
  let inside = 0
  let look: Promise<boolean> | null = null

  async function readLag(): Promise<boolean> {
    const { hot, cold } = await lagOf(deps.log, deps.state)
    return hot <= deps.importMaxLagMs && cold <= deps.importMaxLagMs + COLD_ALLOWANCE_MS
  }

  // One look serves all that wait: each for itself would ask the stores for the same thing just when those are behind.
  function keepsUp(): Promise<boolean> {
    if (look === null) {
      look = readLag()
      const over = (): Promise<void> => deps.sleep(LOOK_AGAIN_MS).then(() => void (look = null))
      look.then(over, over)
    }
    return look
  }

  return {
    async admit() {
      if (waiting >= MAX_WAITING) throw busy()
      waiting++
      try {
        const until = deps.clock() + MAX_WAIT_MS
        while (inside >= MAX_AT_ONCE || !(await keepsUp()) || inside >= MAX_AT_ONCE) {
          if (deps.clock() >= until || deps.refusing()) throw busy()
          await deps.sleep(TRY_AGAIN_MS)
        }
        inside++
      } finally {
        waiting--
      }
      return () => inside--
    },
  }
}

const busy = () =>
  new ProblemError('overloaded', 'Imports wait while the stores catch up; send the same body again.', {
    headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
  })

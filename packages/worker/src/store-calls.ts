// Every call of a port goes through here: errors are counted, what may work later is tried again with a growing pause, what
// never will is thrown. Says once when a store goes away and once when it is back. Never gives up by itself and drops nothing:
// only stopping the worker ends the waiting. A worker that others can take over from does not even wait for calls that are under way:
// what becomes of them is as if it had been killed, which is what the protocol is made for.
import { isPipelineError, type PipelineError, type StoreName } from '@penstock/pipeline'
import type { Logger } from 'pino'
import type { WorkerMetrics } from './metrics.ts'
import { WorkerStoppedError } from './stopped.ts'

const FIRST_PAUSE_MS = 50
// Short beside what a store needs to come back, so that answers are fresh soon after; few enough calls for one that is starting.
const LONGEST_PAUSE_MS = 2_000

/** How long calls go on after a stop where others can take over: together with what taking it needs, they have a partition within about a second. */
export const STOP_GRACE_MS = 400

export interface StoreCalls {
  /**
   * Runs `work` until it succeeds. Throws what is not retryable, WorkerStoppedError when stopped while failing, and what `check`
   * throws: it is asked right before every attempt.
   */
  call<T>(store: StoreName, work: () => Promise<T>): Promise<T>
  /** As `call`, for a question between two attempts: its answer does not say that the store is back. */
  ask<T>(work: () => Promise<T>): Promise<T>
  /** Waits after failure number `failures` (from 1) of a caller that repeats its work in its own way. */
  pause(error: PipelineError, failures: number): Promise<void>
  /** Counts an error that is not tried again. */
  failed(error: PipelineError): void
  succeeded(store: StoreName): void
  /** Runs `work` once, if the right to act is not over; for callers that repeat it in their own way. */
  attempt<T>(work: () => Promise<T>): Promise<T>
}

export function createStoreCalls(deps: {
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  random: () => number
  signal: AbortSignal
  metrics: WorkerMetrics
  logger: Logger
  /** Throws when the right to act is over. */
  check?: () => void
  /** How long calls go on after a stop. @defaultValue until they end */
  graceMs?: number
}): StoreCalls {
  const away = new Set<StoreName>()
  const underWay = new Set<() => void>()
  let abandoned = false

  if (deps.graceMs !== undefined) {
    const { graceMs } = deps
    const abandon = async (): Promise<void> => {
      await deps.sleep(graceMs)
      abandoned = true
      for (const giveUp of underWay) giveUp()
    }
    deps.signal.addEventListener('abort', () => void abandon(), { once: true })
  }

  function check(): void {
    if (abandoned) throw new WorkerStoppedError()
    deps.check?.()
  }

  function attempt<T>(work: () => Promise<T>): Promise<T> {
    check()
    if (deps.graceMs === undefined) return work()
    // No race against one long-lived promise: it would keep every call's result.
    return new Promise<T>((resolve, reject) => {
      const giveUp = (): void => reject(new WorkerStoppedError())
      underWay.add(giveUp)
      work()
        .finally(() => underWay.delete(giveUp))
        .then(resolve, reject)
    })
  }

  function failed(error: PipelineError): void {
    deps.metrics.storeErrors.inc({ store: error.store, kind: error.kind })
    if (!error.retryable || away.has(error.store)) return
    away.add(error.store)
    deps.logger.warn(
      {
        event: 'store.unavailable',
        store: error.store,
        kind: error.kind,
        code: error.driverCode,
        err: error,
      },
      'store does not answer, trying again until it does',
    )
  }

  function succeeded(store: StoreName): void {
    if (away.size > 0 && away.delete(store)) {
      deps.logger.info({ event: 'store.recovered', store }, 'store answers again')
    }
  }

  async function pause(error: PipelineError, failures: number): Promise<void> {
    failed(error)
    if (deps.signal.aborted) throw new WorkerStoppedError()
    const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10))
    await deps.sleep(ceiling * (0.5 + deps.random() / 2), deps.signal)
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it changes during the sleep
    if (deps.signal.aborted) throw new WorkerStoppedError()
  }

  async function call<T>(store: StoreName, work: () => Promise<T>): Promise<T> {
    const result = await ask(work)
    succeeded(store)
    return result
  }

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await attempt(work)
      } catch (error) {
        if (!isPipelineError(error)) throw error
        if (!error.retryable) {
          failed(error)
          throw error
        }
        await pause(error, failures)
      }
    }
  }

  return { call, ask, attempt, pause, failed, succeeded }
}

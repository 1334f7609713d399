// Removes what is past its retention, a little at a time, so that live events hardly notice. What is not yet in the cold store
// never loses its registry entry, however long the cold store has been away.
import { asOf, isPipelineError } from '@penstock/pipeline'
import type { WorkerDeps, WorkerOptions } from './options.ts'
import type { StoreCalls } from './store-calls.ts'

const DAY_MS = 86_400_000
const ROWS_AT_ONCE = 1_000
const PAUSE_MS = 100

/** Runs until stopped. A failing store is left alone until the next round. `mine`: whether this worker's turn it is; the stores are shared. */
export async function runSweeping(
  deps: WorkerDeps,
  options: Required<WorkerOptions>,
  calls: StoreCalls,
  { signal, mine }: { signal: AbortSignal; mine: () => boolean },
): Promise<void> {
  let coldSweptAt = -Infinity
  for (;;) {
    await deps.sleep(options.sweepIntervalMs, signal)
    if (signal.aborted) return
    if (!mine()) continue
    try {
      const projects = await deps.projects.projects()
      const retentionMs = new Map(projects.map(({ id, retentionDays }) => [id, retentionDays * DAY_MS]))
      await sweepHot(retentionMs)
      if (deps.clock() - coldSweptAt >= options.coldSweepIntervalMs) {
        coldSweptAt = deps.clock()
        await sweepCold(retentionMs)
      }
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it changes during the sweep
      if (signal.aborted) return
      if (isPipelineError(error)) calls.failed(error)
      deps.logger.warn({ event: 'sweep.failed', err: error }, 'sweeping failed, the next round tries again')
    }
  }

  async function sweepHot(retentionMs: ReadonlyMap<string, number>): Promise<void> {
    const hotRetentionMs = (projectId: string): number =>
      Math.min(options.hotRetentionMs, retentionMs.get(projectId) ?? Infinity)
    const now = Math.min(deps.clock(), await asOf(deps.log, deps.state, 'cold'))
    for (let done = false; !done && !signal.aborted;) {
      const { registryWindowMs } = options
      const swept = await calls.attempt(() =>
        deps.sweeper.sweep({ now, registryWindowMs, hotRetentionMs, maxRows: ROWS_AT_ONCE }),
      )
      done = swept.done
      if (!done) await deps.sleep(PAUSE_MS, signal)
    }
  }

  async function sweepCold(retentionMs: ReadonlyMap<string, number>): Promise<void> {
    for (const [projectId, ms] of retentionMs) {
      if (signal.aborted) return
      const before = deps.clock() - ms
      // May take long: who is told to stop does not wait for its end where others go on.
      if (before > 0) await calls.attempt(() => deps.cold.sweep(projectId, before))
    }
  }
}

// Whether an event could be accepted and stored durably now. Looks at the real things: room in the log, an append that worked
// lately (an empty message is appended when there was none), the worker, the stores. Each part has a bounded time.
// A process that only takes events in is ready when it can append, whatever became of the stores behind the log: turning it away would
// refuse events that could have been stored. One that only answers appends nothing to find out whether it could.
import { ChunkBuilder } from '@penstock/contract/stream'
import type { GatewayDeps, GatewayOptions } from './gateway-options.ts'
import type { WatchedLog } from './log-watch.ts'

export interface PartState {
  ok: boolean
  detail?: string
}

export interface Readiness {
  ready: boolean
  checks: Record<string, PartState>
}

/** An append that worked this lately shows that appends work. */
const PROVEN_FOR_MS = 5_000
const PART_TIMEOUT_MS = 5_000
const BEHIND_THE_LOG = new Set(['state', 'cold', 'worker'])

export function createReadiness(deps: {
  watched: WatchedLog
  coldPing: GatewayDeps['coldPing']
  workerAlive: GatewayDeps['workerAlive']
  state: GatewayDeps['state']
  clock: () => number
  draining: () => boolean
  serve: GatewayOptions['serve']
  /** 0: one machine, one clock. Unit: milliseconds. */
  clockDifferenceMs: number
}): () => Promise<Readiness> {
  const { watched, clock, serve, clockDifferenceMs } = deps

  async function appends(): Promise<PartState> {
    const { bytes, capBytes } = await watched.log.usage()
    if (serve === 'answers') return { ok: true }
    if (bytes >= capBytes)
      return { ok: false, detail: 'the log is at its cap until the worker has caught up' }
    const last = watched.last()
    const age = last === null ? Infinity : clock() - last.at
    if (last?.error === null && age >= 0 && age < PROVEN_FOR_MS) return { ok: true }
    await watched.log.append(0, new ChunkBuilder(1).finish())
    return { ok: true }
  }

  // What answers say about their freshness would be wrong by more than they allow for.
  async function clocks(): Promise<PartState> {
    if (clockDifferenceMs === 0) return { ok: true }
    const before = clock()
    const { observedAt } = await watched.log.end(0)
    const apart = Math.max(before - observedAt, observedAt - clock(), 0)
    if (apart <= clockDifferenceMs) return { ok: true }
    return { ok: false, detail: `the clock differs from the log's by more than ${clockDifferenceMs} ms` }
  }

  async function state(): Promise<PartState> {
    await deps.state.read(0)
    return { ok: true }
  }

  async function cold(): Promise<PartState> {
    await deps.coldPing()
    return { ok: true }
  }

  return async () => {
    const worker = deps.workerAlive?.() ?? true
    const [log, states, colds, clockState] = await Promise.all([
      bounded(appends()),
      bounded(state()),
      bounded(cold()),
      bounded(clocks()),
    ])
    const checks: Record<string, PartState> = {
      log,
      state: states,
      cold: colds,
      worker: worker ? { ok: true } : { ok: false, detail: 'the worker has stopped' },
      clock: clockState,
      server: deps.draining() ? { ok: false, detail: 'the server is stopping' } : { ok: true },
    }
    const counted = Object.entries(checks).filter(([part]) => serve !== 'ingest' || !BEHIND_THE_LOG.has(part))
    return { ready: counted.every(([, { ok }]) => ok), checks }
  }
}

// What a store says may hold paths and addresses, so callers see only that it failed; the log has the rest.
async function bounded(part: Promise<PartState>): Promise<PartState> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<PartState>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: 'no answer within 5 seconds' }), PART_TIMEOUT_MS)
  })
  try {
    return await Promise.race([part.catch(() => ({ ok: false, detail: 'the store does not answer' })), late])
  } finally {
    clearTimeout(timer)
  }
}

// What a worker says about itself. Ready: it shares the partitions out with the others and can reach the log and the state store. A cold
// store that is away is shown and does not count: the hot stage goes on without it.
import type { EventLog } from '@penstock/pipeline'
import type { Worker } from '@penstock/worker'
import type { SideHealth } from '../process/side-server.ts'

const PART_TIMEOUT_MS = 4_000

interface PartState {
  ok: boolean
  detail?: string
}

export function workerHealth(parts: {
  worker: Pick<Worker, 'alive'>
  log: Pick<EventLog, 'usage'>
  stores: { ping(): Promise<void> }
  client: { ping(params: { select: true }): Promise<{ success: boolean }> }
  signal: AbortSignal
}): SideHealth {
  const { worker, log, stores, client, signal } = parts

  async function ready() {
    const alive: PartState = worker.alive()
      ? { ok: true }
      : { ok: false, detail: 'the worker has not started, has stopped, or halted a partition' }
    const [logged, state, cold] = await Promise.all([
      answers(() => log.usage()),
      answers(() => stores.ping()),
      answers(async () => {
        const { success } = await client.ping({ select: true })
        if (!success) throw new Error('no answer')
      }),
    ])
    const server: PartState = signal.aborted ? { ok: false, detail: 'the worker is stopping' } : { ok: true }
    const checks = { worker: alive, log: logged, state, cold, server }
    const counted = [alive, logged, state, server]
    return { ready: counted.every(({ ok }) => ok), checks }
  }

  return { ready }
}

async function answers(ask: () => Promise<unknown>): Promise<PartState> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<PartState>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: 'no answer within 4 seconds' }), PART_TIMEOUT_MS)
  })
  const asked = ask().then(
    (): PartState => ({ ok: true }),
    (): PartState => ({ ok: false, detail: 'the store does not answer' }),
  )
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}

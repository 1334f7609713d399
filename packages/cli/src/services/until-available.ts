// Opens a store, and waits while it does not answer: services start in any order and outlive a store that is away.
import { setTimeout as sleep } from 'node:timers/promises'
import { isPipelineError } from '@penstock/pipeline'
import type { Logger } from 'pino'

const PAUSE_MS = 500

/** Repeats `open` until it succeeds. Throws what will not work later, and the last failure once `signal` aborts. */
export async function untilAvailable<Opened>(
  name: string,
  open: () => Promise<Opened>,
  { logger, signal }: { logger: Logger; signal: AbortSignal },
): Promise<Opened> {
  let said = ''
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if (!isPipelineError(error) || !error.retryable || signal.aborted) throw error
      // Once for each reason: it may go on for long.
      if (error.message !== said)
        logger.warn({ event: 'store.awaited', store: name, err: error }, error.message)
      said = error.message
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}

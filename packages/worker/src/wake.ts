// Lets one loop wait for another, or for time, whichever comes first. A call of `notify` while nobody waits is remembered
// once, so that no wake-up is lost between looking and waiting.

export interface Wake {
  notify(): void
  /** Resolves on `notify`, after `timeoutMs`, or when `signal` aborts; never rejects. One waiter at a time. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>
}

export function createWake(sleep: (ms: number, signal?: AbortSignal) => Promise<void>): Wake {
  let notified = false
  let wakeWaiter: (() => void) | null = null

  function notify(): void {
    if (wakeWaiter === null) notified = true
    else wakeWaiter()
  }

  async function wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (notified || signal.aborted) {
      notified = false
      return
    }
    // The timer ends with the wait, or every notify would leave one behind. No AbortSignal.any: on Node 20 its results stay
    // attached to a signal that lives as long as the worker.
    const timer = new AbortController()
    const stopTimer = (): void => timer.abort('over')
    signal.addEventListener('abort', stopTimer)
    const woken = new Promise<void>((resolve) => {
      wakeWaiter = resolve
    })
    await Promise.race([woken, sleep(timeoutMs, timer.signal).catch(() => undefined)])
    wakeWaiter = null
    signal.removeEventListener('abort', stopTimer)
    timer.abort('over')
  }

  return { notify, wait }
}

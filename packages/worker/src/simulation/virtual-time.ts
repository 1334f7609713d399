// A clock that moves only when told: everybody who sleeps stands in a queue, and `advance` wakes the next one.

export interface VirtualTime {
  now(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Moves to the next sleeper and wakes it. */
  advance(): void
}

export function createVirtualTime(start: number): VirtualTime {
  let now = start
  const sleepers = new Set<{ at: number; wake: () => void }>()

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        sleepers.delete(sleeper)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const sleeper = { at: now + ms, wake }
      sleepers.add(sleeper)
      signal?.addEventListener('abort', wake)
    })
  }

  function advance(): void {
    let next: { at: number; wake: () => void } | undefined
    for (const sleeper of sleepers) if (next === undefined || sleeper.at < next.at) next = sleeper
    if (next === undefined) return
    now = Math.max(now, next.at)
    next.wake()
  }

  return { now: () => now, sleep, advance }
}

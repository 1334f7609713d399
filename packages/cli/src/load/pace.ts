// When each request is due. With a rate, request n is due at n × interval after the start whatever the ones before it did;
// without one, at once. A latency counted from then shows a server that holds its senders up.

export interface Pace {
  /** Waits for the next turn; null when the run is over. `due` is on the `now` scale. */
  turn(): Promise<{ due: number; events: number } | null>
  /** Nobody gets another turn. */
  stop(): void
}

export function createPace(options: {
  /** Events a second; 0 for no limit. */
  rate: number
  batch: number
  /** Null when `events` decides. */
  durationMs: number | null
  /** Infinity when the duration decides. */
  events: number
  /** Monotonic, ms. */
  now: () => number
  sleep: (ms: number) => Promise<unknown>
}): Pace {
  const { rate, batch, durationMs, now, sleep } = options
  const intervalMs = rate === 0 ? 0 : (batch / rate) * 1000
  const start = now()
  const end = durationMs === null ? Number.POSITIVE_INFINITY : start + durationMs
  let turns = 0
  let left = options.events
  let stopped = false
  return {
    async turn() {
      const due = intervalMs === 0 ? now() : start + turns * intervalMs
      if (stopped || left <= 0 || due >= end) return null
      turns += 1
      const events = Math.min(batch, left)
      left -= events
      const wait = due - now()
      if (wait > 0) await sleep(wait)
      return { due, events }
    },
    stop: () => {
      stopped = true
    },
  }
}

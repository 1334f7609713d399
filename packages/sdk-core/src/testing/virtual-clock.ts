// A clock that stands still until it is told otherwise. Timers run in order of their time; what is deferred runs first.
import type { Clock } from '../platform.ts'

export interface VirtualClock extends Clock {
  /** Moves both clocks on and runs what is due, one timer after another. `settle` runs after each of them. */
  advance(ms: number, settle: () => Promise<void>): Promise<void>
  /** Moves the wall clock only, as a user or NTP does. */
  jump(ms: number): void
  /** Timers that are set. */
  timers(): number
}

export function createVirtualClock(startMs: number): VirtualClock {
  let elapsed = 0
  let offset = startMs
  let timers: { at: number; callback: () => void }[] = []
  let deferred: (() => void)[] = []

  async function runDeferred(settle: () => Promise<void>): Promise<void> {
    await settle()
    while (deferred.length > 0) {
      const callbacks = deferred
      deferred = []
      for (const callback of callbacks) callback()
      await settle()
    }
  }

  return {
    now: () => offset + elapsed,
    timeText: (ms) => new Date(ms).toISOString(),
    elapsed: () => elapsed,
    setTimer(callback, delayMs) {
      // As the timers of Node and browsers: their delay is a signed 32-bit number.
      const timer = { at: elapsed + (delayMs < 2 ** 31 ? delayMs : 1), callback }
      timers.push(timer)
      return () => void (timers = timers.filter((other) => other !== timer))
    },
    defer: (callback) => void deferred.push(callback),
    async advance(ms, settle) {
      const end = elapsed + ms
      await runDeferred(settle)
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        timers = timers.filter((timer) => timer !== next)
        elapsed = Math.max(elapsed, next.at)
        next.callback()
        await runDeferred(settle)
      }
      elapsed = end
    },
    jump: (ms) => void (offset += ms),
    timers: () => timers.length,
  }
}

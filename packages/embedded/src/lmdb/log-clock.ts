// The log's clock, shared by all threads that have the log open. It never falls, and an observation ("everything before T is
// visible to me") is never later than the log time of a message that becomes visible after it.
// How: an appender says "I am about to use a log time ≥ f" *before* it looks at what observers have promised; an observer
// makes its promise *before* it looks at what appenders are about to do. Atomics are sequentially consistent, so at least
// one of the two sees the other: then the appender uses a later time, or the observer an earlier one.
const SLOTS = 62
const WAKE_WORD = 0
const OBSERVED = 1
const FIRST_SLOT = 2
const WORDS = FIRST_SLOT + SLOTS

/** Bytes that the threads of one process share per log. */
export const LOG_WAKE_BYTES = WORDS * 8

/**
 * The memory that handles of one log in several threads share: they wake each other through it and agree about time.
 * Make one per log, hand it to every thread's `createLmdbEventLog`.
 */
export function createLogWake(): SharedArrayBuffer {
  return new SharedArrayBuffer(LOG_WAKE_BYTES)
}

export interface LogClock {
  /**
   * Begins an append: returns a log time ≥ `lastLogTime` and ≥ everything observed so far. Observations stay at or before
   * it until `landed`.
   */
  begin(lastLogTime: number): number
  /** The append is visible to everybody, or will never be. */
  landed(): void
  /** A moment such that every message that is not visible yet will have a log time ≥ it. Look at the end after this. */
  observe(lastLogTime: number): number
  /** Wakes all waiters. */
  wake(): void
  /** What `sleep` must be given: read it before looking whether there is something to do. */
  ticket(): number
  /** Resolves at the next `wake` after `ticket`, or after `timeoutMs`. */
  sleep(ticket: number, timeoutMs: number): Promise<unknown>
}

/** @throws RangeError when `shared` is smaller than `LOG_WAKE_BYTES`. */
export function createLogClock(shared: SharedArrayBuffer, clock: () => number): LogClock {
  if (shared.byteLength < LOG_WAKE_BYTES) {
    throw new RangeError(
      `the log's shared memory needs ${LOG_WAKE_BYTES} bytes: make it with createLogWake()`,
    )
  }
  const wakes = new Int32Array(shared, 0, 2)
  const times = new BigInt64Array(shared, 0, WORDS)
  let slot = -1

  // A slot is taken by writing a floor into an empty one.
  const takeSlot = (floor: bigint): number => {
    for (let index = FIRST_SLOT; index < WORDS; index++) {
      if (Atomics.compareExchange(times, index, 0n, floor) === 0n) return index
    }
    throw new RangeError(`more than ${SLOTS} appends of one log are under way in different threads`)
  }

  const raiseObserved = (time: bigint): void => {
    let seen = Atomics.load(times, OBSERVED)
    while (seen < time) {
      const found = Atomics.compareExchange(times, OBSERVED, seen, time)
      if (found === seen) return
      seen = found
    }
  }
  const now = (lastLogTime: number): bigint => {
    const time = BigInt(Math.floor(Math.max(lastLogTime, clock(), 1)))
    const seen = Atomics.load(times, OBSERVED)
    return time > seen ? time : seen
  }

  return {
    begin: (lastLogTime) => {
      const floor = now(lastLogTime)
      slot = takeSlot(floor)
      const seen = Atomics.load(times, OBSERVED)
      return Number(seen > floor ? seen : floor)
    },
    landed: () => {
      if (slot < 0) return
      Atomics.store(times, slot, 0n)
      slot = -1
    },
    observe: (lastLogTime) => {
      let observed = now(lastLogTime)
      raiseObserved(observed)
      for (let index = FIRST_SLOT; index < WORDS; index++) {
        const floor = Atomics.load(times, index)
        if (floor !== 0n && floor < observed) observed = floor
      }
      return Number(observed)
    },
    wake: () => {
      Atomics.add(wakes, WAKE_WORD, 1)
      Atomics.notify(wakes, WAKE_WORD)
    },
    ticket: () => Atomics.load(wakes, WAKE_WORD),
    sleep: (ticket, timeoutMs) => {
      const waiting = Atomics.waitAsync(wakes, WAKE_WORD, ticket, timeoutMs)
      return waiting.async ? waiting.value : Promise.resolve()
    },
  }
}

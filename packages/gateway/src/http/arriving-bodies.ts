// What bodies hold that have begun to arrive and are not there yet, over all connections. Without a bound, senders that never finish
// could fill the memory of the process, and most of them need no key for it.
// A body that comes in one piece is never in here: slow senders cannot keep it out.
export interface ArrivingBodies {
  /** False, and nothing is changed, when there is no room. Pair with `give`. */
  take(bytes: number): boolean
  give(bytes: number): void
  bytes(): number
  readonly maxBytes: number
}

export function createArrivingBodies(maxBytes: number): ArrivingBodies {
  let held = 0
  return {
    maxBytes,
    take(bytes) {
      if (held + bytes > maxBytes) return false
      held += bytes
      return true
    },
    give(bytes) {
      held -= bytes
    },
    bytes: () => held,
  }
}

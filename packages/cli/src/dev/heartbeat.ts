// Whether the worker's thread lives, readable from the other thread at any time and without asking it: a thread that hangs
// cannot answer. One 64-bit number in shared memory: the time of the last beat, 0 when the worker says it is not well.

const STALE_AFTER_MS = 15_000 // longer than any single step of the worker blocks its thread

export const createHeartbeat = (): SharedArrayBuffer => new SharedArrayBuffer(8)

/** Called by the worker's thread, at least once a second. */
export function beat(heartbeat: SharedArrayBuffer, now: number, well: boolean): void {
  Atomics.store(new BigInt64Array(heartbeat), 0, well ? BigInt(now) : 0n)
}

/** Read by the gateway's thread. */
export function isBeating(heartbeat: SharedArrayBuffer, now: number): boolean {
  const last = Number(Atomics.load(new BigInt64Array(heartbeat), 0))
  return last !== 0 && now - last < STALE_AFTER_MS
}

// Who works on which partition: one lease per partition, kept in its state row and changed by compare-and-set only, and a list of
// the workers that are there. Leases save work and make take-over quick; what keeps a late worker from harm is the epoch, which
// every change of the state row and every insert into the cold store is checked against.
//
// Clocks: no time is stored and no two machines' clocks are compared. A lease lasts a duration that all workers share. Its holder
// counts it from the moment *before* it sent the take or the renewal that the store then confirmed; another worker counts it from
// the moment *after* it first read the lease as it is now, and may take it when it has stayed unchanged for the whole duration.
// Both count on their own monotonic clock. So the holder always stops first, provided that the clocks run equally fast to within
// the holder's safety margin.
import type { StateRow } from './worker-state.ts'

export interface Lease {
  partition: number
  /** The state row's epoch; 0 when nobody ever took the partition. */
  epoch: number
  /** `[A-Za-z0-9_-]`, at most 64, never used by two processes; null: free. */
  holder: string | null
  /** 0 after a take; what the last renewal said. Tells a lease that is alive from one that only stands there. */
  renewals: number
}

/** A lease that the caller took. */
export interface HeldLease {
  partition: number
  epoch: number
  holder: string
}

export interface PresentWorker {
  holder: string
  /** Differs after every `announce` of this worker. */
  beat: number
}

/**
 * Concurrent calls are allowed, also by other processes. Every call may be repeated after `outcome_unknown` or `unavailable`.
 */
export interface PartitionLeases {
  /**
   * The leases of the partitions 0 … `count` − 1, in order; those never taken are free with epoch 0. The answer may be a moment old:
   * a `take` that relies on an old one fails.
   */
  leases(count: number): Promise<Lease[]>
  /**
   * Takes the partition if its lease is still exactly `seen`: raises the epoch by one and names the holder. Returns the row as it
   * stands after that (everything that earlier epochs could change has been changed), or null when the lease is another by now.
   * The same call again, when it had succeeded and nothing happened since, succeeds again with the same epoch.
   */
  take(seen: Lease, holder: string): Promise<StateRow | null>
  /**
   * Shows that the holder lives. `renewals` is the holder's own count and rises with every call that is not a repetition.
   * Throws `fenced` when the lease is not held any more; then nothing was changed.
   */
  renew(held: HeldLease, renewals: number): Promise<void>
  /** Frees the partition at once; keeps the epoch. Does nothing when the lease is not held any more. */
  release(held: HeldLease): Promise<void>
  /** Says that this worker is there. A store may forget a worker that said nothing for a minute, and keeps it for at least 15 s. */
  announce(worker: PresentWorker): Promise<void>
  /** The worker goes; others need not wait for its silence. Does nothing when it is not known. */
  withdraw(holder: string): Promise<void>
  /** Those that announced themselves, in any order. For sharing the partitions out; nothing is safe because of it. */
  workers(): Promise<PresentWorker[]>
}

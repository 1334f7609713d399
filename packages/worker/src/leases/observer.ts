// Judges leases and workers by what this process has seen itself: whatever stayed exactly as it is for a whole lease is dead. No
// time of another machine is looked at.
import type { Lease, PresentWorker } from '@penstock/pipeline'

export interface ObservedLease extends Lease {
  /** Milliseconds that it has been seen unchanged. */
  unchangedMs: number
}

export interface Observer {
  /** `now`: of the monotonic clock, read after the store had answered. */
  leases(leases: readonly Lease[], now: number): ObservedLease[]
  /** Those whose beat changed within `durationMs`; one that is seen for the first time counts. */
  alive(workers: readonly PresentWorker[], now: number, durationMs: number): string[]
}

export function createObserver(): Observer {
  let seenLeases = new Map<number, { state: string; since: number }>()
  let seenWorkers = new Map<string, { beat: number; since: number }>()

  return {
    leases(leases, now) {
      const seen: typeof seenLeases = new Map()
      const observed = leases.map((lease) => {
        const state = `${lease.epoch}/${lease.holder ?? ''}/${lease.renewals}`
        const before = seenLeases.get(lease.partition)
        const since = before?.state === state ? before.since : now
        seen.set(lease.partition, { state, since })
        return { ...lease, unchangedMs: now - since }
      })
      seenLeases = seen
      return observed
    },
    alive(workers, now, durationMs) {
      const seen: typeof seenWorkers = new Map()
      const alive: string[] = []
      for (const { holder, beat } of workers) {
        const before = seenWorkers.get(holder)
        const since = before?.beat === beat ? before.since : now
        seen.set(holder, { beat, since })
        if (now - since < durationMs) alive.push(holder)
      }
      seenWorkers = seen
      return alive
    },
  }
}

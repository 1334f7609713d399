// Keeps one lease alive, and knows at every moment whether it may still be relied upon: it is over as soon as the store says so, and
// in any case a margin before somebody else may take it. What it counts from is the moment before the take or renewal was
// sent, so a process that was stopped in between finds its right gone when it wakes up.
import { isPipelineError, type HeldLease, type PartitionLeases, type StateRow } from '@penstock/pipeline'
import type { LeaseTimes } from './lease-times.ts'
import { TenureOverError, type Tenure } from './tenure.ts'

export type LossReason = 'taken' | 'expired'

export interface LeaseKeeper extends Tenure {
  held: HeldLease
  /** Ends the renewals, without a word to the store. */
  drop(): void
  /** Why it is over, when nobody dropped it. */
  lost(): LossReason | null
}

export interface KeeperDeps {
  leases: Pick<PartitionLeases, 'renew'>
  /** Milliseconds of a clock that is never set. */
  monotonic: () => number
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  times: LeaseTimes
  onStoreError: (error: unknown) => void
  renewed: () => void
}

const RETRY_MS = 200

/** @param sentAt - `monotonic` before the take was sent. */
export function keepLease(row: StateRow, holder: string, sentAt: number, deps: KeeperDeps): LeaseKeeper {
  const { monotonic, sleep, times } = deps
  const held: HeldLease = { partition: row.partition, epoch: row.epoch, holder }
  const ending = new AbortController()
  const over = ending.signal
  let heldUntil = sentAt + times.durationMs - times.marginMs
  let reason: LossReason | null = null

  function lose(why: LossReason): void {
    if (over.aborted) return
    reason = why
    ending.abort('the lease is over')
  }

  function check(): void {
    if (monotonic() >= heldUntil) lose('expired')
    if (over.aborted) throw new TenureOverError()
  }

  async function renewing(): Promise<void> {
    let renewals = 0
    let pauseMs = times.renewMs
    for (;;) {
      await sleep(pauseMs, over)
      if (over.aborted) return
      const renewedAt = monotonic()
      try {
        // Each attempt has a number of its own. One that was done and whose answer was lost is what others count from: repeated under its
        // number they would see nothing new, and this process would rely on the lease for longer than they wait.
        await deps.leases.renew(held, ++renewals)
        deps.renewed()
        pauseMs = times.renewMs
        heldUntil = Math.max(heldUntil, renewedAt + times.durationMs - times.marginMs)
      } catch (error) {
        if (isPipelineError(error) && error.kind === 'fenced') {
          lose('taken')
          return
        }
        deps.onStoreError(error)
        pauseMs = RETRY_MS
      }
    }
  }

  // A renewal that hangs must not keep the end from being noticed.
  async function expiring(): Promise<void> {
    while (!over.aborted) {
      const left = heldUntil - monotonic()
      if (left <= 0) lose('expired')
      else await sleep(left, over)
    }
  }

  void renewing()
  void expiring()
  return {
    row,
    check,
    over,
    shared: true,
    held,
    drop: () => ending.abort('dropped'),
    lost: () => reason,
  }
}

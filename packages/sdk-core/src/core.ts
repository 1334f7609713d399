import type { Draft, DropReason, FlushResult, ShutdownReport, Stats } from './event.ts'
import type { CoreOptions } from './options.ts'
import type { Platform, StoredEvent } from './platform.ts'

export interface Core {
  /** Captures an event and queues it. Never throws. False: it was dropped (`stats()` and `onDrop` say why). */
  enqueue(draft: Draft): boolean
  /** Counts a call that never became an event (consent, `beforeSend`). Keeps tracked = delivered + queued + dropped. */
  drop(draft: Draft, reason: DropReason): void
  /**
   * Sends what is queued now. Resolves when all of it is settled, or `timeoutMs` passed, or waiting is pointless (a pause
   * outlasts it). Never rejects. A wait between attempts is cut short, `Retry-After` and a refused key are not.
   */
  flush(timeoutMs?: number): Promise<FlushResult>
  /** Takes no more events, flushes, and says what became of the rest. The same promise for every call. Never rejects. */
  shutdown(timeoutMs?: number): Promise<ShutdownReport>
  stats(): Stats
  /** Queues events that the store kept. Ids that are queued already are left out. They count as tracked. */
  restore(events: readonly StoredEvent[]): void
  /** Somebody else (another tab, a beacon) settled these: delivered, or dropped for a reason. Unknown ids are ignored. */
  settle(ids: readonly string[], outcome: 'delivered' | DropReason): void
  /** Oldest queued events, those under way included, up to this many bytes of a batch: for a last delivery by other means. */
  unsent(maxBytes: number): StoredEvent[]
  /** Stops starting requests (another tab is the sender); what is under way ends. */
  hold(): void
  /** Starts them again. Not held at creation. */
  release(): void
  /** Calls back, once, when fewer than `bytes` are queued; at once when that is so already. */
  whenBelow(bytes: number, callback: () => void): void
}

export declare function createCore(platform: Platform, options: CoreOptions): Core

// The SDK without a platform: captures events, keeps them within bounds, sends them, and accounts for each. Nothing here ever
// throws into the caller. The parts: capture.ts, delivery.ts, account.ts.
import type { WireEvent } from '@penstock/contract'
import { add, createAccount, droppedSince } from './account.ts'
import { createGuard } from './callbacks.ts'
import { createCapture } from './capture.ts'
import type { Entry } from './capture.ts'
import { type CodeOf, createDelivery } from './delivery.ts'
import type { Draft, DroppedEvent, DropReason, FlushResult, Outcome, ShutdownReport, Stats } from './event.ts'
import type { CoreOptions } from './options.ts'
import type { Platform, StoredEvent } from './platform.ts'

export interface Core {
  /**
   * Captures an event and queues it. Never throws. False: it was dropped (`stats()` and `onDrop` say why).
   * @param refusal Why the call is not to become an event at all.
   */
  enqueue(draft: Draft, refusal?: DropReason): boolean
  /**
   * Sends what is queued now. Resolves when all of it is settled, or `timeoutMs` passed, or waiting is pointless (a pause
   * outlasts it). Never rejects. A wait between attempts is cut short, `Retry-After` and a refused key are not.
   * @param timeoutMs default: `requestTimeoutMs`
   */
  flush(timeoutMs?: number): Promise<FlushResult>
  /** Takes no more events, flushes, and says what became of the rest. The same promise for every call. Never rejects. */
  shutdown(timeoutMs?: number): Promise<ShutdownReport>
  /** A copy. */
  stats(): Stats
  /** Bytes of what `stats().queued` counts. */
  readonly queuedBytes: () => number
  /** What is queued, oldest first, those under way included. */
  unsent(): StoredEvent[]
  /** Queues events that the store kept; ids that are queued already are left out. They count as tracked. */
  restore(events: readonly StoredEvent[]): void
  /** Somebody else (another tab, a beacon) settled these: delivered, or dropped for a reason. Unknown ids are ignored. */
  settle(ids: readonly string[], outcome: Outcome): void
  /** True: starts no more requests (another tab is the sender); what is under way ends. Not held at creation. */
  hold(held: boolean): void
  /**
   * The page may be going: begins a request, held or not, with as much of what is queued and not under way as fits into
   * `room` bytes, and returns that. While the server asked for a pause: of what does not survive the page.
   */
  readonly leave: (room: number) => readonly StoredEvent[]
}

export function createCore(platform: Platform, options: CoreOptions): Core {
  const { store, logger } = platform
  const account = createAccount()
  const { totals } = account
  const guard = createGuard(logger)
  const capture = createCapture(platform, options, guard)
  const delivery = createDelivery(platform, options, { account, guard, settle })
  let closing: Promise<ShutdownReport> | undefined

  function queue(event: StoredEvent): void {
    totals.queued++
    totals.queuedBytes += event.bytes
    // The very object that the store was given: it may change its `ref` later.
    delivery.add(event as Entry)
  }

  function settle(given: readonly Entry[], outcome: Outcome, codeOf?: CodeOf): void {
    // A callback of the caller's may have settled some of them a moment ago (`optOut` in `onError`).
    const entries = given.filter(({ isSettled }) => !isSettled)
    if (entries.length === 0) return
    for (const entry of entries) {
      entry.isSettled = true
      totals.queued--
      totals.queuedBytes -= entry.bytes
    }
    store?.remove(entries, outcome)
    if (outcome === 'delivered') totals.delivered += entries.length
    else drop(entries, outcome, codeOf)
  }

  function drop(events: readonly Entry[], reason: DropReason, codeOf?: CodeOf): void {
    add(totals.dropped, reason, events.length)
    add(account.unreported, reason, events.length)
    guard('onDrop', () =>
      options.onDrop?.(
        events.map(({ id, text }): DroppedEvent => ({
          ...(JSON.parse(text) as WireEvent),
          code: codeOf?.(id),
        })),
        reason,
      ),
    )
  }

  const copy = (): Stats => ({ ...totals, dropped: { ...totals.dropped } })

  async function flush(timeoutMs: number = options.requestTimeoutMs): Promise<FlushResult> {
    const before = copy()
    await delivery.flush(timeoutMs)
    return {
      delivered: totals.delivered - before.delivered,
      dropped: droppedSince(totals.dropped, before.dropped),
      remaining: totals.queued,
    }
  }

  async function close(timeoutMs: number): Promise<ShutdownReport> {
    const result = await flush(timeoutMs)
    const inDoubt = delivery.inFlight().length
    const left = delivery.unsent()
    const lost = left.filter((entry) => store?.survives(entry) !== true)
    delivery.stop()
    settle(lost, 'shutdown')
    await store?.flush()
    return { ...result, remaining: left.length, kept: left.length - lost.length, inDoubt }
  }

  return {
    enqueue(draft, refusal = closing !== undefined ? 'shutdown' : options.enabled ? undefined : 'consent') {
      totals.tracked++
      const entry = capture(draft, refusal === undefined)
      refusal ??= entry.refusal
      if (refusal === undefined) {
        if (totals.queuedBytes + entry.bytes <= options.maxQueueBytes && store?.append(entry) !== false) {
          queue(entry)
          return true
        }
        refusal = 'queue_full'
        logger.warn(refusal)
      }
      if (refusal === 'shutdown') logger.warn('closed')
      drop([entry], refusal)
      return false
    },
    flush,
    shutdown: (timeoutMs = options.requestTimeoutMs) => (closing ??= close(timeoutMs)),
    stats: copy,
    queuedBytes: () => totals.queuedBytes,
    unsent: delivery.unsent,
    restore(events) {
      const known = new Set(delivery.unsent().map(({ id }) => id))
      for (const event of events) {
        if (known.has(event.id)) continue
        totals.tracked++
        totals.restored++
        queue(event)
      }
    },
    settle(ids, outcome) {
      const wanted = new Set(ids)
      settle(
        delivery.unsent().filter(({ id }) => wanted.has(id)),
        outcome,
      )
      delivery.sweep()
    },
    hold: delivery.hold,
    leave: delivery.leave,
  }
}

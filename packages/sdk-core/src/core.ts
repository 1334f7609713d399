// The SDK without a platform: captures events, keeps them within bounds, sends them, and accounts for each. Nothing here ever
// throws into the caller. The parts: capture.ts, pending.ts, delivery.ts, account.ts.
import { createAccount, droppedSince } from './account.ts'
import type { Entry } from './batch.ts'
import { createCapture } from './capture.ts'
import { createDelivery } from './delivery.ts'
import type { Draft, DropReason, FlushResult, ShutdownReport, Stats } from './event.ts'
import type { CoreOptions } from './options.ts'
import type { Pending } from './pending.ts'
import type { Platform, StoredEvent } from './platform.ts'

export interface Core {
  /** Captures an event and queues it. Never throws. False: it was dropped (`stats()` and `onDrop` say why). */
  enqueue(draft: Draft): boolean
  /** Counts a call that is not to become an event (consent). */
  drop(draft: Draft, reason: DropReason): void
  /**
   * Sends what is queued now. Resolves when all of it is settled, or `timeoutMs` passed, or waiting is pointless (a pause
   * outlasts it). Never rejects. A wait between attempts is cut short, `Retry-After` and a refused key are not.
   * @param timeoutMs default: `requestTimeoutMs`
   */
  flush(timeoutMs?: number): Promise<FlushResult>
  /** Takes no more events, flushes, and says what became of the rest. The same promise for every call. Never rejects. */
  shutdown(timeoutMs?: number): Promise<ShutdownReport>
  stats(): Stats
  /** Bytes of what `stats().queued` counts. */
  queuedBytes(): number
  /** Queues events that the store kept; ids that are queued already are left out. They count as tracked. */
  restore(events: readonly StoredEvent[]): void
  /** Somebody else (another tab, a beacon) settled these: delivered, or dropped for a reason. Unknown ids are ignored. */
  settle(ids: readonly string[], outcome: 'delivered' | DropReason): void
  /** Oldest queued events, those under way included, up to this many bytes of a batch: for a last delivery by other means. */
  unsent(maxBytes: number): StoredEvent[]
  /** Starts no more requests (another tab is the sender); what is under way ends. */
  hold(): void
  /** Starts requests again. Not held at creation. */
  release(): void
  /** Calls back, once, when fewer than `bytes()` are queued; at once when that is so already. Asked again after each answer. */
  whenBelow(bytes: () => number, callback: () => void): void
}

interface Wait {
  /** Resolved when this returns true. */
  over(): boolean
  resolve(): void
}

export function createCore(platform: Platform, options: CoreOptions): Core {
  const { clock, store, logger } = platform
  const account = createAccount(options, logger)
  const capture = createCapture(platform, options)
  const pending: Pending = { entries: [], bytes: 0 }
  let queuedBytes = 0
  let nextSeq = 0
  let closing: Promise<ShutdownReport> | undefined
  let stopped = false
  let waits: Wait[] = []

  const delivery = createDelivery(platform, options, pending, {
    delivered: (entries) => settleEntries(entries, 'delivered'),
    dropped: settleEntries,
    retried: account.retried,
    report: account.report,
    progress,
  })
  const stopListening = platform.lifecycle.onExit(flush)

  function settleEntries(
    entries: readonly Entry[],
    how: 'delivered' | DropReason,
    codes?: ReadonlyMap<string, string>,
  ): void {
    if (entries.length === 0) return
    for (const entry of entries) {
      entry.settled = true
      queuedBytes -= entry.bytes
    }
    store?.remove(entries)
    if (how === 'delivered') account.delivered(entries.length)
    else account.dropped(entries, how, codes)
  }

  function progress(): void {
    const over = waits.filter((wait) => wait.over())
    if (over.length > 0) {
      waits = waits.filter((wait) => !over.includes(wait))
      for (const wait of over) wait.resolve()
    }
    const free = options.maxQueueBytes - queuedBytes
    if (free > 0 && !stopped) store?.onRoom?.(free)
  }

  const queued = (): Entry[] => [...delivery.frozen(), ...pending.entries]

  function queue(event: StoredEvent): void {
    // The very object that the store was given: it may change its `ref` later.
    const entry: Entry = event as Entry
    entry.seq = nextSeq++
    entry.settled = false
    queuedBytes += entry.bytes
    pending.bytes += entry.bytes
    pending.entries.push(entry)
  }

  function refuse(event: StoredEvent, reason: DropReason): false {
    account.dropped([event], reason)
    return false
  }

  function enqueue(draft: Draft): boolean {
    account.tracked(1)
    const { event, reason } = capture(draft, options.enabled)
    if (closing !== undefined) {
      logger.warn('closed')
      return refuse(event, 'shutdown')
    }
    if (!options.enabled) return refuse(event, 'consent')
    if (reason !== undefined) return refuse(event, reason)
    if (queuedBytes + event.bytes > options.maxQueueBytes || store?.append(event) === false) {
      logger.warn('queue_full')
      return refuse(event, 'queue_full')
    }
    queue(event)
    delivery.added()
    return true
  }

  function flush(timeoutMs: number = options.requestTimeoutMs): Promise<FlushResult> {
    const before = account.stats(0)
    const target = nextSeq
    const deadline = clock.elapsed() + timeoutMs
    delivery.sendAll()
    return new Promise((resolve) => {
      let timedOut = false
      const finish = (): void => {
        cancel()
        const { delivered, dropped, queued } = account.stats(0)
        resolve({
          delivered: delivered - before.delivered,
          dropped: droppedSince(dropped, before.dropped),
          remaining: queued,
        })
      }
      const cancel = clock.setTimer(() => {
        timedOut = true
        progress()
      }, timeoutMs)
      waits.push({
        over: () =>
          timedOut ||
          Math.min(pending.entries[0]?.seq ?? Infinity, delivery.oldest()) >= target ||
          (delivery.pausedUntil() > deadline && delivery.inFlight().length === 0),
        resolve: finish,
      })
      progress()
    })
  }

  async function close(timeoutMs: number): Promise<ShutdownReport> {
    stopListening()
    const result = await flush(timeoutMs)
    const inDoubt = delivery.inFlight().length
    const left = queued()
    stopped = true
    delivery.stop()
    const kept = left.filter((entry) => store?.survives(entry))
    settleEntries(
      left.filter((entry) => store?.survives(entry) !== true),
      'shutdown',
    )
    await store?.flush()
    return { ...result, remaining: left.length, kept: kept.length, inDoubt }
  }

  return {
    enqueue,
    drop(draft, reason) {
      account.tracked(1)
      refuse(capture(draft, false).event, reason)
    },
    flush,
    shutdown: (timeoutMs = options.requestTimeoutMs) => (closing ??= close(timeoutMs)),
    stats: () => account.stats(queuedBytes),
    queuedBytes: () => queuedBytes,
    restore(events) {
      const known = new Set(queued().map(({ id }) => id))
      const found = events.filter(({ id }) => !known.has(id))
      account.tracked(found.length)
      account.restored(found.length)
      found.forEach(queue)
      delivery.added()
    },
    settle(ids, outcome) {
      const settled = new Set(ids)
      const entries = queued().filter(({ id }) => settled.has(id))
      settleEntries(entries, outcome)
      pending.entries = pending.entries.filter((entry) => !entry.settled)
      pending.bytes = pending.entries.reduce((sum, { bytes }) => sum + bytes, 0)
      delivery.sweep()
      progress()
    },
    unsent(maxBytes) {
      let size = 2
      const found: StoredEvent[] = []
      for (const event of queued().sort((a, b) => a.seq - b.seq)) {
        size += event.bytes + 1
        if (size > maxBytes) break
        found.push(event)
      }
      return found
    },
    hold: () => delivery.setHeld(true),
    release: () => delivery.setHeld(false),
    whenBelow(bytes, callback) {
      waits.push({ over: () => queuedBytes < bytes(), resolve: callback })
      if (queuedBytes < bytes()) progress()
    },
  }
}

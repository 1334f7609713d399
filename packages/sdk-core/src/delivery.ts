// Sends what is pending: when a batch is due, how many are on their way, what is tried next and when. Owns the timers and the
// frozen batches. What an answer means stands in verdict.ts, what becomes of events in `outcome`.
// Guarantee: a batch's bytes never change; one attempt at a time after a failure until something passes; at most
// maxInFlight + MAX_SET_ASIDE batches are frozen.
import { type Batch, type Entry, freeze, splitBatch } from './batch.ts'
import {
  BACKOFF_BASE_MS,
  BACKOFF_CAP_MS,
  DROP_AFTER,
  KEY_PAUSE_MS,
  MAX_SET_ASIDE,
  SPLIT_AFTER,
} from './defaults.ts'
import { PenstockError, type DropReason } from './event.ts'
import type { CoreOptions } from './options.ts'
import { type Pending, takeBatch } from './pending.ts'
import type { Answer, Cancel, Platform } from './platform.ts'
import { judge, problemCode } from './verdict.ts'

/** What the delivery tells of entries; each settled entry is told once. */
export interface Outcome {
  delivered(entries: readonly Entry[]): void
  dropped(entries: readonly Entry[], reason: DropReason, codes?: ReadonlyMap<string, string>): void
  retried(): void
  /** Rest of the query with the losses to report, and where to say whether they were heard. */
  report(): { query: string; heard(reached: boolean): void }
  /** Something was settled or a pause began. */
  progress(): void
}

export interface Delivery {
  /** Events were added: a batch may be due. */
  added(): void
  /** All that is pending now is due; a wait that is only ours ends. */
  sendAll(): void
  /** `elapsed()` until which the server wants no requests; 0 when there is no such time. */
  pausedUntil(): number
  /** `seq` of the oldest frozen entry that is not settled; Infinity without one. */
  oldest(): number
  /** Frozen entries, oldest batch first; those on their way are marked by `inFlight`. */
  frozen(): Entry[]
  inFlight(): Entry[]
  setHeld(held: boolean): void
  /** Some frozen entries were settled elsewhere: batches without others are forgotten. */
  sweep(): void
  /** No attempt begins any more; answers that still come count. */
  stop(): void
}

export function createDelivery(
  platform: Platform,
  options: CoreOptions,
  pending: Pending,
  outcome: Outcome,
): Delivery {
  const { clock, transport, store, logger } = platform
  const random = platform.ids.random ?? Math.random
  const sending = new Set<Batch>()
  let waiting: Batch[] = []
  let held = false
  let stopped = false
  let failures = 0
  let passed = 0
  /** Our own wait, and the server's (or the key's): nothing is sent before either. */
  let backoffUntil = 0
  let pauseUntil = 0
  /** Pending events that are due whatever the size of the batch. */
  let due = 0
  /** After 413 batches are smaller; the size recovers. */
  let maxBytes = options.maxBatchBytes
  let preferFresh = false
  let toldOfFailure = false
  let pumping = false
  let interval: Cancel | undefined
  let retry: Cancel | undefined

  const isFull = (): boolean => pending.entries.length >= options.maxBatchEvents || pending.bytes >= maxBytes

  function added(): void {
    if (stopped) return
    if (isFull()) soon()
    else interval ??= clock.setTimer(intervalEnded, options.flushIntervalMs)
  }

  function intervalEnded(): void {
    interval = undefined
    due = pending.entries.length
    pump()
  }

  /** Never inside the caller's track(). */
  function soon(): void {
    if (pumping) return
    pumping = true
    clock.defer(pump)
  }

  function pump(): void {
    pumping = false
    retry?.()
    retry = undefined
    if (held || stopped) return
    while (sending.size < (failures > 0 ? 1 : options.maxInFlight)) {
      const now = clock.elapsed()
      const wait = Math.max(backoffUntil, pauseUntil) - now
      const batch = wait > 0 ? undefined : next(now)
      if (batch !== undefined) void attempt(batch)
      else {
        const until = wait > 0 ? wait : Math.min(...waiting.map(({ notBefore }) => notBefore)) - now
        if (until < Infinity && (wait <= 0 || waiting.length > 0 || pending.entries.length > 0)) {
          retry = clock.setTimer(pump, Math.max(1, until))
        }
        return
      }
    }
  }

  function next(now: number): Batch | undefined {
    const fresh = waiting.length < MAX_SET_ASIDE && pending.entries.length > 0 && (due > 0 || isFull())
    const at = waiting.findIndex(({ notBefore }) => notBefore <= now)
    // What answered 500 may be poison: the others get their turn in between.
    if (at >= 0 && !(fresh && preferFresh)) return waiting.splice(at, 1)[0]
    if (!fresh) return
    preferFresh = false
    const entries = takeBatch(pending, options.maxBatchEvents, maxBytes)
    due = Math.max(0, due - entries.length)
    if (pending.entries.length === 0) {
      interval?.()
      interval = undefined
    } else interval ??= clock.setTimer(intervalEnded, options.flushIntervalMs)
    return freeze(entries)
  }

  async function attempt(batch: Batch): Promise<void> {
    const failuresBefore = failures
    sending.add(batch)
    if (batch.attempts++ > 0) outcome.retried()
    const report = outcome.report()
    let answer: Answer
    try {
      const written = store?.flush()
      if (written !== undefined) await written
      batch.payload ??= await transport.encode(batch.entries)
      const query = `sent_at=${new Date(clock.now()).toISOString()}${report.query}`
      answer = await transport.send(batch.payload, { query, timeoutMs: options.requestTimeoutMs })
    } catch (cause) {
      answer = { status: 0, cause }
    }
    sending.delete(batch)
    answered(batch, answer, { report, failuresBefore })
    outcome.progress()
    pump()
  }

  function answered(
    batch: Batch,
    answer: Answer,
    { report, failuresBefore }: { report: ReturnType<Outcome['report']>; failuresBefore: number },
  ): void {
    const verdict = judge(answer, clock.now())
    const left = batch.entries.filter(({ settled }) => !settled)
    report.heard(verdict.kind === 'accepted')
    switch (verdict.kind) {
      case 'accepted':
      case 'refused': {
        const codes = new Map<string, string>()
        for (const { index, event_id = '', code } of verdict.rejected) {
          codes.set(batch.entries[index]?.id ?? event_id, code)
        }
        if (verdict.kind === 'refused') {
          if (codes.size === 0) for (const { id } of left) codes.set(id, problemCode(answer))
          fail('batch_refused', answer)
          outcome.dropped(left, 'refused', codes)
          return
        }
        passed++
        failures = backoffUntil = 0 // not pauseUntil: the server may have asked another batch to wait
        toldOfFailure = false
        if (passed % 64 === 0) maxBytes = Math.min(options.maxBatchBytes, maxBytes * 2)
        const refused = codes.size > 0 ? left.filter(({ id }) => codes.has(id)) : []
        outcome.delivered(refused.length > 0 ? left.filter(({ id }) => !codes.has(id)) : left)
        if (refused.length > 0) {
          logger.warn('events_refused', [...new Set(codes.values())].join())
          outcome.dropped(refused, 'refused', codes)
        }
        return
      }
      case 'split':
        if (batch.entries.length > 1) {
          maxBytes = Math.max(1_024, bytesOf(batch.entries) >> 1)
          waiting.unshift(...splitBatch(batch))
        } else outcome.dropped(left, 'too_large')
        return
      case 'key':
        setAside(batch, 'first')
        failures = Math.max(1, failures)
        pauseUntil = clock.elapsed() + KEY_PAUSE_MS
        fail('key_refused', answer)
        return
      case 'retry':
        retryLater(batch, answer, { afterMs: verdict.afterMs, failuresBefore })
    }
  }

  function retryLater(
    batch: Batch,
    answer: Answer,
    { afterMs, failuresBefore }: { afterMs: number; failuresBefore: number },
  ): void {
    const now = clock.elapsed()
    const isError = answer.status === 500
    if (isError && batch.errors++ === 0) batch.passedBefore = passed
    const othersPass = isError && passed > batch.passedBefore
    if (othersPass && batch.errors >= (batch.entries.length > 1 ? SPLIT_AFTER : DROP_AFTER)) {
      if (batch.entries.length > 1) waiting.push(...splitBatch(batch))
      else outcome.dropped(unsettled(batch), 'attempts_exhausted')
      return
    }
    if (othersPass) {
      // The fault is this batch's: only it waits.
      batch.notBefore = now + Math.max(backoffMs(batch.errors), afterMs)
      setAside(batch, 'last')
      return
    }
    // Several that fail together are one failure.
    failures = Math.max(failures, failuresBefore + 1)
    backoffUntil = Math.max(backoffUntil, now + backoffMs(failures))
    if (afterMs > 0) pauseUntil = Math.max(pauseUntil, now + afterMs)
    if (isError) {
      preferFresh = true
      setAside(batch, 'last')
    } else setAside(batch, 'first')
    fail(undefined, answer)
  }

  function setAside(batch: Batch, place: 'first' | 'last'): void {
    if (unsettled(batch).length === 0) return // settled elsewhere meanwhile
    if (place === 'first') waiting.unshift(batch)
    else waiting.push(batch)
  }

  /** Full jitter. */
  const backoffMs = (attempts: number): number =>
    random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (attempts - 1))

  /** Told once until something passes; a refusal of events each time. */
  function fail(warning: 'key_refused' | 'batch_refused' | undefined, answer: Answer): void {
    if (toldOfFailure && warning !== 'batch_refused') return
    toldOfFailure = true
    const code = problemCode(answer)
    if (warning !== undefined) logger.warn(warning, code)
    try {
      options.onError?.(new PenstockError(code, answer.status, { cause: answer.cause }))
    } catch (error) {
      logger.warn('callback_failed', `onError ${String(error)}`)
    }
  }

  return {
    added,
    sendAll() {
      due = pending.entries.length
      backoffUntil = 0
      for (const batch of waiting) if (batch.errors === 0) batch.notBefore = 0
      soon()
    },
    pausedUntil: () => pauseUntil,
    oldest: () => Math.min(...[...sending, ...waiting].map((batch) => unsettled(batch)[0]?.seq ?? Infinity)),
    frozen: () => [...sending, ...waiting].flatMap(unsettled),
    inFlight: () => [...sending].flatMap(unsettled),
    setHeld(value) {
      held = value
      if (!held) soon()
    },
    sweep() {
      waiting = waiting.filter((batch) => unsettled(batch).length > 0)
    },
    stop() {
      stopped = true
      interval?.()
      retry?.()
      waiting = []
    },
  }
}

const unsettled = ({ entries }: Batch): Entry[] => entries.filter(({ settled }) => !settled)
const bytesOf = (entries: readonly Entry[]): number => entries.reduce((sum, { bytes }) => sum + bytes, 0)

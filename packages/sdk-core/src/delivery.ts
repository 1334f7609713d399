// Sends what is queued: when a batch is due, how many are on their way, what is tried next and when. Owns the queue, the frozen
// batches and the one timer. What an answer means stands in verdict.ts, what becomes of events in core.ts (`settle`).
// Guarantee: a batch's bytes never change; one attempt at a time after a failure until something passes; at most
// maxInFlight + MAX_SET_ASIDE batches are frozen.
import { type Account, type Loss, type Losses, add } from './account.ts'
import type { Guard } from './callbacks.ts'
import type { Entry } from './capture.ts'
import {
  BACKOFF_BASE_MS,
  BACKOFF_CAP_MS,
  DROP_AFTER,
  MAX_SET_ASIDE,
  MIN_BATCH_BYTES,
  SPLIT_AFTER,
} from './defaults.ts'
import { type Outcome, PenstockError } from './event.ts'
import type { CoreOptions } from './options.ts'
import type { Answer, Cancel, Payload, Platform, StoredEvent } from './platform.ts'
import { type Verdict, judge } from './verdict.ts'

/** Accounts for entries; those that are accounted for already are left out. */
export type Settle = (entries: readonly Entry[], outcome: Outcome, codeOf?: CodeOf) => void
/** The server's reason for one event. */
export type CodeOf = (id: string) => string

export interface Delivery {
  /** Queues an event behind the others. */
  add(entry: Entry): void
  /** What is queued, those under way included, in the order in which it was added. */
  readonly unsent: () => Entry[]
  /** Of these, those under way. */
  inFlight(): Entry[]
  /** Somebody else settled entries: they are forgotten. */
  sweep(): void
  /** All that is queued now is due, and a wait that is only ours ends. Resolves as `Core.flush` does. */
  flush(timeoutMs: number): Promise<void>
  readonly hold: (held: boolean) => void
  /** As `Core.leave`. */
  readonly leave: (room: number) => readonly StoredEvent[]
  /** No attempt begins any more; answers that still come count. */
  stop(): void
}

export interface DeliveryParts {
  account: Account
  guard: Guard
  settle: Settle
}

interface Batch {
  readonly members: readonly Entry[]
  /** Made at the first attempt; the same for every other. */
  payload?: Payload
  sending?: boolean
  /** Answers 500 so far. */
  errors: number
  /** Batches that had passed when this one got its first 500. */
  passedBefore?: number
  /** `elapsed()` before which it is not tried. */
  notBefore: number
}

/** A timer that is to wait longer does not wait at all. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

const isQueued = ({ isSettled }: Entry): boolean => !isSettled
const bytesOf = (members: readonly Entry[]): number => members.reduce((sum, { bytes }) => sum + bytes, 0)
const freeze = (members: readonly Entry[]): Batch => ({
  members,
  errors: 0,
  notBefore: 0,
})

export function createDelivery(
  { clock, transport, store, logger, jitter, onProgress }: Platform,
  options: CoreOptions,
  { account, guard, settle }: DeliveryParts,
): Delivery {
  /** In no batch yet, oldest first. */
  let pending: Entry[] = []
  let pendingBytes = 0
  /** Oldest first, those under way included. */
  let batches: Batch[] = []
  /** Whether what is pending is due, whatever the size of the batch; at `dueAt` it is. */
  let due = false
  let dueAt = Infinity
  /** Our own wait, and the server's (or the key's): nothing is sent before either. */
  let backoffUntil = 0
  let pauseUntil = 0
  let failures = 0
  let passed = 0
  /** After 413 batches are smaller; the size recovers. */
  let maxBytes = options.maxBatchBytes
  let toldOfFailure = false
  let held = false
  let stopped = false
  let pumping = false
  let timer: Cancel | undefined
  /** Each is asked after every change, until it says that it is over. */
  let waits: (() => boolean)[] = []

  const isFull = (): boolean => pending.length >= options.maxBatchEvents || pendingBytes >= maxBytes
  const inFlight = (): Batch[] => batches.filter(({ sending }) => sending)
  const unsettled = (from: readonly Batch[]): Entry[] =>
    from.flatMap(({ members }) => members.filter(isQueued))
  const unsent = (): Entry[] => [...unsettled(batches), ...pending]
  /** Full jitter. */
  const backoffEnd = (now: number, attempts: number): number =>
    now + jitter() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (attempts - 1))

  function progress(): void {
    waits = waits.filter((isOver) => !isOver())
    onProgress?.()
  }

  /** Never inside the caller's track(). */
  function soon(): void {
    if (pumping) return
    pumping = true
    clock.defer(pump)
  }

  function pump(): void {
    pumping = false
    timer?.()
    while (!held && !stopped) {
      const now = clock.elapsed()
      if (dueAt <= now) {
        due = true
        dueAt = Infinity
      }
      batches = batches.filter(({ sending, members }) => sending || members.some(isQueued))
      const waiting = batches.filter(({ sending }) => !sending).sort((a, b) => a.errors - b.errors)
      if (batches.length - waiting.length >= (failures > 0 ? 1 : options.maxInFlight)) return
      due &&= pending.length > 0
      const fresh = waiting.length < MAX_SET_ASIDE && (due || isFull())
      const at = Math.max(
        backoffUntil,
        pauseUntil,
        Math.min(fresh ? 0 : dueAt, ...waiting.map(({ notBefore }) => notBefore)),
      )
      if (at > now) {
        if (at < Infinity) timer = clock.setTimer(pump, Math.max(1, at - now))
        return
      }
      const again = waiting.find(({ notBefore }) => notBefore <= now)
      // What answered 500 may be poison: others go before it until one of them has passed.
      const suspect = again !== undefined && again.errors > 0 && again.passedBefore === passed
      void attempt(
        again === undefined || (fresh && suspect) ? takeBatch(options.maxBatchEvents, maxBytes, 1) : again,
      )
    }
  }

  /** The oldest pending events up to both limits; at least `least` of them. */
  function takeBatch(maxEvents: number, most: number, least: number): Batch {
    let count = 0
    let size = 2 // the brackets; every event has a comma
    for (const { bytes } of pending) {
      size += bytes + 1
      if (count === maxEvents || (count >= least && size > most)) break
      pendingBytes -= bytes
      count++
    }
    const batch = freeze(pending.splice(0, count))
    batches.push(batch)
    return batch
  }

  async function attempt(batch: Batch, isLast?: boolean): Promise<void> {
    const failuresBefore = failures
    batch.sending = true
    if (batch.payload !== undefined) {
      account.totals.retried++
      add(account.unreported, 'retried', 1)
    }
    // Taken along; what was not heard is given back.
    const report = account.unreported
    account.unreported = {}
    let answer: Answer
    try {
      // A page that is leaving waits for nothing.
      if (!isLast) await store?.flush()
      batch.payload ??= await transport.pack(batch.members)
      answer = await transport.send(batch.payload, queryOf(report), isLast)
    } catch (cause) {
      answer = { status: 0, cause }
    }
    batch.sending = false
    const verdict = judge(answer, clock.now())
    if (verdict.kind !== 'accepted')
      for (const name in report) add(account.unreported, name as Loss, report[name as Loss])
    // That a last request has no answer says little: the page was on its way out. The ordinary road finds out.
    if (!isLast || answer.status > 0) answered(batch, answer, { ...verdict, failuresBefore })
    progress()
    pump()
  }

  function queryOf({ retried, ...dropped }: Losses): string {
    const losses = Object.entries(dropped).map((loss) => loss.join(':'))
    return (
      `sent_at=${clock.timeText(clock.now())}` +
      (losses.length > 0 ? `&dropped=${losses.join()}` : '') +
      (retried === undefined ? '' : `&retried=${retried}`)
    )
  }

  function answered(
    batch: Batch,
    answer: Answer,
    { kind, afterMs, rejected, code, failuresBefore }: Verdict & { failuresBefore: number },
  ): void {
    const { members } = batch
    const isOne = members.length === 1
    const isError = answer.status === 500
    const codes = new Map(rejected.map((each) => [members[each.index]?.id ?? each.event_id, each.code]))
    // A whole batch is refused for the problem's code, where nothing is said of an event.
    const codeOf = (id: string): string => codes.get(id) ?? code
    const halve = (): void => {
      const left = members.filter(isQueued)
      const middle = left.length >> 1
      batches.splice(batches.indexOf(batch), 1, freeze(left.slice(0, middle)), freeze(left.slice(middle)))
    }

    if (kind === 'accepted') {
      if (++passed % 64 === 0) maxBytes = Math.min(options.maxBatchBytes, maxBytes * 2)
      failures = backoffUntil = 0 // not pauseUntil: the server may have asked another batch to wait
      toldOfFailure = false
      settle(
        members.filter(({ id }) => !codes.has(id)),
        'delivered',
      )
      if (codes.size > 0) {
        logger.warn('events_refused', [...new Set(codes.values())].join())
        settle(members, 'refused', codeOf)
      }
    } else if (kind === 'refused') {
      tell('batch_refused')
      settle(members, 'refused', codeOf)
    } else if (kind === 'split') {
      if (isOne) settle(members, 'too_large')
      else {
        maxBytes = Math.max(MIN_BATCH_BYTES, bytesOf(members) >> 1)
        halve()
      }
    } else {
      const now = clock.elapsed()
      pauseUntil = Math.max(pauseUntil, now + afterMs)
      if (isError && batch.errors++ === 0) batch.passedBefore = passed
      if (isError && passed > (batch.passedBefore as number)) {
        // Others pass: the fault is this batch's, and only it waits.
        if (batch.errors < (isOne ? DROP_AFTER : SPLIT_AFTER)) batch.notBefore = backoffEnd(now, batch.errors)
        else if (isOne) settle(members, 'attempts_exhausted')
        else halve()
      } else {
        failures = Math.max(failures, failuresBefore + 1) // several that fail together are one failure
        backoffUntil = Math.max(backoffUntil, backoffEnd(now, failures))
        tell(kind === 'key' ? 'key_refused' : undefined)
      }
    }

    /** Once until something passes; a refusal of events each time. */
    function tell(warning?: 'key_refused' | 'batch_refused'): void {
      if (toldOfFailure && kind !== 'refused') return
      toldOfFailure = true
      if (warning !== undefined) logger.warn(warning, code)
      guard('onError', () =>
        options.onError?.(new PenstockError(code, answer.status, { cause: answer.cause })),
      )
    }
  }

  return {
    add(entry) {
      pendingBytes += entry.bytes
      pending.push(entry)
      if (dueAt === Infinity) dueAt = clock.elapsed() + options.flushIntervalMs
      else if (!isFull()) return
      soon()
    },
    unsent,
    inFlight: () => unsettled(inFlight()),
    sweep() {
      pending = pending.filter(isQueued)
      pendingBytes = bytesOf(pending)
      progress()
    },
    flush(givenMs) {
      const timeoutMs = Math.min(givenMs, LONGEST_TIMER_MS)
      const wanted = unsent()
      const deadline = clock.elapsed() + timeoutMs
      let late = false
      due = true
      backoffUntil = 0
      soon()
      return new Promise((resolve) => {
        const cancel = clock.setTimer(() => {
          late = true
          progress()
        }, timeoutMs)
        waits.push(() => {
          const isOver = late || !wanted.some(isQueued) || (pauseUntil > deadline && inFlight().length === 0)
          if (isOver) {
            cancel()
            resolve()
          }
          return isOver
        })
        progress()
      })
    },
    hold(value) {
      held = value
      soon()
    },
    leave(room) {
      // Batches are dissolved: now it matters what fits, not what was tried together. What was in one was due.
      due = true
      const left = [...unsettled(batches.filter(({ sending }) => !sending)), ...pending]
      batches = inFlight()
      // A page is hidden many times: the pause holds, except for what would be lost with the page.
      pending = left.filter((entry) => pauseUntil <= clock.elapsed() || !store?.survives(entry))
      const batch = takeBatch(Infinity, room, 0)
      pending = left.filter((entry) => !batch.members.includes(entry))
      pendingBytes = bytesOf(pending)
      if (batch.members.length > 0) void attempt(batch, true)
      return batch.members
    },
    stop() {
      stopped = true
      timer?.()
    },
  }
}

// Elects the one tab that sends, by a Web Lock, and lets the tabs talk: the others store their events and hand them over; the
// sender says what became of them. A sender that says nothing for a while (a suspended tab) loses the lock. Where there are
// no Web Locks every tab sends, which is harmless: ids are stable and the gateway counts each once.
import type { Core, Outcome, StoredEvent } from '@penstock/sdk-core'
import type { EventStore } from './event-store.ts'

/** A sender that runs answers at once, also in a hidden tab. */
const SILENCE_MS = 5_000

/** What tabs say to each other. One with nothing in it asks the sender for a sign of life. */
interface Message {
  /** To the sender: these are stored, send them. */
  events?: readonly StoredEvent[]
  /** To the sender: send what you have. */
  flush?: boolean
  /** From the sender: these are settled; an empty list only says that it is there. */
  settled?: readonly string[]
  outcome?: Outcome
}

export interface Sender {
  /** Takes part in the election. Until it is won nothing is sent. */
  start(): void
  /** Leaves the election and the conversation: the page is going, perhaps to come back. */
  stop(): void
  /** Whether another tab is known to send for this one. */
  isServed(): boolean
  /** Passes events of this tab to the sender. */
  handOver(events: readonly StoredEvent[], flush?: boolean): void
  /** Tells the other tabs what became of their events. */
  tell(events: readonly StoredEvent[], outcome: Outcome): void
}

const idsOf = (events: readonly StoredEvent[]): string[] => events.map(({ id }) => id)

export function createSender({ core, store, name }: { core: Core; store: EventStore; name: string }): Sender {
  let channel: BroadcastChannel | undefined
  let leading = false
  /** Another tab has answered, so it leads. */
  let served = false
  let giveUp: (() => void) | undefined
  /** Changes whenever this tab begins to follow: what began before is void. */
  let term = 0
  let silence: ReturnType<typeof setTimeout> | undefined

  const post = (message: Message) => channel?.postMessage(message)

  function stopWaiting(): void {
    clearTimeout(silence)
    silence = undefined
  }

  /** What others settled while this page could not hear is settled; what they left is ours to send. */
  async function lead(): Promise<void> {
    const mine = term
    leading = true
    stopWaiting()
    await store.flush()
    const written = core.unsent().filter(store.survives)
    const stored = await store.readAll()
    if (mine !== term) return
    if (stored !== undefined) {
      const ids = new Set(idsOf(stored))
      core.settle(
        idsOf(written).filter((id) => !ids.has(id)),
        'delivered',
      )
      core.restore(stored)
    }
    core.hold(false)
    // There may be no other time: hidden pages are frozen and discarded.
    if (document.visibilityState === 'hidden') void core.flush()
  }

  function follow(): void {
    giveUp?.()
    stopWaiting()
    giveUp = undefined
    leading = served = false
    core.hold(true)
    term++
  }

  function elect(steal: boolean): void {
    follow()
    const mine = term
    const aborter = new AbortController()
    giveUp = () => aborter.abort()
    post({}) // is anybody there?
    navigator.locks
      .request(name, steal ? { steal } : { signal: aborter.signal }, () => {
        if (mine !== term) return
        return new Promise<void>((resolve) => {
          giveUp = resolve
          void lead()
        })
      })
      .catch(() => {
        if (mine !== term) return
        // Stolen by a tab that believed us gone; otherwise this page may have no locks.
        if (leading) elect(false)
        else void lead()
      })
  }

  return {
    start() {
      // Browsers with locks have channels, too.
      if ((navigator.locks as LockManager | undefined) === undefined) {
        void lead()
        return
      }
      channel = new BroadcastChannel(name)
      channel.onmessage = ({ data }) => {
        const { events, flush, settled, outcome } = data as Message
        if (settled !== undefined) {
          stopWaiting()
          served = !leading
          if (outcome !== undefined) core.settle(settled, outcome)
        } else if (leading) {
          post({ settled: [] })
          core.restore(events ?? [])
          if (flush) void core.flush()
        }
      }
      elect(false)
    },
    stop() {
      follow()
      channel?.close()
      channel = undefined
    },
    isServed: () => served && !leading,
    handOver(events, flush = false) {
      if (leading || channel === undefined || (events.length === 0 && !flush)) return
      post({ events, flush })
      silence ??= setTimeout(() => elect(true), SILENCE_MS)
    },
    tell(events, outcome) {
      if (leading) post({ settled: idsOf(events), outcome })
    },
  }
}

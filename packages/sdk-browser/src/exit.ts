// The end of a page: what is unsent goes out in one request that outlives it, and stays stored until a later page sees it
// answered. Also its return: from the back/forward cache, or from being hidden. Never `unload`: it costs the page that cache.
import { type Core, type StoredEvent, judge } from '@penstock/sdk-core'
import type { EventStore } from './event-store.ts'
import type { Sender } from './sender.ts'
import type { BrowserTransport } from './transport.ts'

/** Returns a function that stops watching. */
export function watchExit(deps: {
  core: Core
  store: EventStore
  transport: BrowserTransport
  sender: Sender
  before: () => void
}): () => void {
  const { core, store, transport, sender } = deps
  const aborter = new AbortController()
  // Captured: then the window also hears what is the document's.
  const on = (type: string, run: (event: Event) => void) =>
    addEventListener(type, run, { capture: true, signal: aborter.signal })

  function leave(): void {
    deps.before()
    // Also before the first election: a copy is harmless, nobody sending is not.
    const unwritten = store.journal(sender.isServed() ? [] : sendLast())
    sender.handOver(unwritten, true)
  }

  /** Returns what went out. */
  function sendLast(): StoredEvent[] {
    let room = transport.room() - 2
    const events = core
      .unsent()
      .filter((event) => !transport.carries(event))
      .filter(({ bytes }) => (room -= bytes + 1) >= 0)
    if (events.length > 0) {
      // The page may live on: meanwhile nothing goes out a second time.
      core.hold(true)
      void transport.sendLast(events).then((answer) => {
        const { kind, rejected } = judge(answer, 0)
        // Any other answer is left to the ordinary road, which knows what to do about it.
        if (kind === 'accepted') {
          const refused = rejected.map(({ index, event_id = '' }) => events[index]?.id ?? event_id)
          core.settle(refused, 'refused')
          core.settle(
            events.map(({ id }) => id),
            'delivered',
          )
        }
        if (sender.leads()) core.hold(false)
      })
    }
    return events
  }

  on('visibilitychange', () => {
    if (document.visibilityState === 'hidden') leave()
  })
  on('pagehide', () => {
    leave()
    sender.stop()
  })
  on('pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted) sender.start()
  })
  on('online', () => void core.flush())
  return () => aborter.abort()
}

// The end of a page: what is unsent goes out in one request that outlives it, and stays stored until a later page sees it
// answered. Also its return: from the back/forward cache, or from being hidden. Never `unload`: it costs the page that cache.
import type { Core } from '@penstock/sdk-core'
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
    const carried = sender.isServed() ? [] : core.leave(transport.room())
    sender.handOver(store.journal(carried), true)
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

// The end of a page: what is unsent goes out in one request that outlives it, and stays stored until a later page sees it
// answered. Also its return: from the back/forward cache, or from being hidden. Never `unload`: it costs the page that cache.
import { type Core, judge } from '@penstock/sdk-core'
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

  function leave(): void {
    deps.before()
    const carried = sender.leads() ? sendLast() : []
    const unwritten = store.journal(carried)
    if (!sender.leads()) sender.handOver(unwritten, true)
  }

  /** Returns the ids of what went out. */
  function sendLast(): string[] {
    let room = transport.room() - 2
    const ids: string[] = []
    const texts: string[] = []
    for (const { id, text, bytes } of core.unsent(Infinity)) {
      if (transport.carries(id)) continue
      if ((room -= bytes + 1) < 0) break
      ids.push(id)
      texts.push(text)
    }
    if (texts.length === 0) return ids
    // The page may live on: meanwhile nothing goes out a second time.
    core.hold()
    void transport.sendLast(`[${texts.join()}]`).then((answer) => {
      const verdict = judge(answer, 0)
      // Any other answer is left to the ordinary road, which knows what to do about it.
      if (verdict.kind === 'accepted') {
        const rejected = new Set(verdict.rejected.map(({ index, event_id = '' }) => ids[index] ?? event_id))
        core.settle(
          ids.filter((id) => !rejected.has(id)),
          'delivered',
        )
        core.settle([...rejected], 'refused')
      }
      if (sender.leads()) core.release()
    })
    return ids
  }

  const hidden = () => {
    if (document.visibilityState === 'hidden') leave()
  }
  const gone = () => {
    leave()
    sender.stop()
  }
  const back = (event: PageTransitionEvent) => {
    if (event.persisted) sender.start()
  }
  const online = () => void core.flush()
  document.addEventListener('visibilitychange', hidden)
  addEventListener('pagehide', gone)
  addEventListener('pageshow', back)
  addEventListener('online', online)
  return () => {
    document.removeEventListener('visibilitychange', hidden)
    removeEventListener('pagehide', gone)
    removeEventListener('pageshow', back)
    removeEventListener('online', online)
  }
}

// Puts a client together and turns calls into events: who (visitor), where (page), and the queue that delivers them. Consent
// and page views are given from outside, so that an entry without them does not carry them.
import { type Core, type Draft, asText, createCore, createSafeJson, quietly } from '@penstock/sdk-core'
import type { Consent } from './consent.ts'
import { openCookie } from './cookie.ts'
import { openDatabase } from './database.ts'
import { createEventIds } from './event-id.ts'
import { createEventStore } from './event-store.ts'
import { watchExit } from './exit.ts'
import { createLocalEvents } from './local-events.ts'
import { createPageContext } from './page-context.ts'
import type { CallOptions, CorePenstock } from './penstock.ts'
import { browserClock, byteLength } from './platform.ts'
import { createSender } from './sender.ts'
import type { Setting } from './setting.ts'
import { createTransport } from './transport.ts'
import { createVisitor, isId } from './visitor.ts'
import { openWebStorage } from './web-storage.ts'

/** Whatever the caller gave, null too: then the gateway refuses it as an id, and says so. */
const idText = (id: unknown) => asText(id ?? 'null') as string

/** What an entry adds to the client. */
export interface Features {
  consent(): Consent
  /** Before an event is made, and before the page goes. */
  before?(): void
  /** Whether an explicit page view is to be counted. */
  claimPage?(name: string | undefined): boolean
  context?(): Record<string, unknown>
  stop?(): void
}

export interface Client {
  api: CorePenstock
  core: Core
  visitor: ReturnType<typeof createVisitor>
  page: ReturnType<typeof createPageContext>
  /** A page view, whatever was counted before. */
  view(): void
  /** Consent is there: keeps, elects a sender, sends. */
  start(): void
}

export function createClient({ resolved: options, logger }: Setting, features: Features): Client {
  const { persistence } = options
  const name = `penstock:${options.writeKey}`
  const isFull = persistence !== 'session' && persistence !== 'memory'
  const storage = openWebStorage(
    isFull ? 'localStorage' : persistence === 'session' ? 'sessionStorage' : null,
  )
  const newId = createEventIds()

  const store = createEventStore({
    local: createLocalEvents(storage, `${name}:e:`),
    onUnwritable() {
      if (persistence !== 'memory') logger.warn('store_failed')
    },
    onWritten: (events) => sender.handOver(events),
    onRemoved: (events, outcome) => sender.tell(events, outcome),
  })
  const transport = createTransport(options)
  const core = createCore(
    {
      clock: browserClock,
      transport,
      logger,
      store,
      newId,
      jitter: Math.random,
      toJson: createSafeJson((what) => logger.warn('value_changed', what), byteLength),
      byteLength,
    },
    options,
  )
  const sender = createSender({ core, store, name })
  const visitor = createVisitor(browserClock.now, newId, name)
  const page = createPageContext()
  let stopWatching: (() => void) | undefined
  core.hold(true)

  function send(draft: Draft, call?: CallOptions): boolean {
    return (
      quietly(() => {
        features.before?.()
        if (features.consent() === 'denied') return core.enqueue(draft, 'consent')
        const who = visitor.stamp()
        return core.enqueue({
          event_id: asText(call?.eventId),
          ...who,
          ...draft,
          previous_id: draft.type === 'alias' ? who.anonymous_id : undefined,
          timestamp: call?.timestamp,
          context: { ...page.now(), ...features.context?.(), ...call?.context },
        })
      }) ?? false
    ) // a page that breaks `document` itself
  }

  /** What the gateway refuses as an id must not stick to the visitor. */
  const sticks = (id: string): boolean => isId(id) && features.consent() !== 'denied'

  const api: CorePenstock = {
    track: (event: string, properties?: object, call?: CallOptions) =>
      send({ type: 'track', event: asText(event), properties: properties as Draft['properties'] }, call),
    identify(userId, traits, call) {
      const id = idText(userId)
      if (sticks(id)) visitor.identify(id)
      return send({ type: 'identify', user_id: id, traits }, call)
    },
    page: (name, properties, call) =>
      features.claimPage?.(name) === false || send({ type: 'page', name: asText(name), properties }, call),
    group(groupId, traits, call) {
      const id = idText(groupId)
      if (sticks(id)) visitor.group(id)
      return send({ type: 'group', group_id: id, traits }, call)
    },
    alias: (userId, call) => send({ type: 'alias', user_id: idText(userId) }, call),
    reset: visitor.reset,
    flush(timeoutMs) {
      sender.handOver([], true)
      return core.flush(timeoutMs)
    },
    stats: core.stats,
    async shutdown(given) {
      features.before?.()
      features.stop?.()
      sender.handOver([], true)
      const report = await core.shutdown(given?.timeoutMs)
      stopWatching?.()
      sender.stop()
      return report
    },
  }
  return {
    api,
    core,
    visitor,
    page,
    view: () => void send({ type: 'page' }),
    start() {
      visitor.keep(
        storage,
        isFull && options.cookie
          ? openCookie(name.replace(/[^\w-]/g, '_'), options.crossSubdomain)
          : undefined,
      )
      if (stopWatching) return
      store.open(isFull ? openDatabase(name) : Promise.resolve(undefined))
      sender.start()
      stopWatching = watchExit({ core, store, transport, sender, before: () => features.before?.() })
    },
  }
}

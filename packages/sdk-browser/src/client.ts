// Puts a client together and turns calls into events: who (visitor), where (page), and the queue that delivers them. Consent
// and page views are given from outside, so that an entry without them does not carry them.
import { type Core, type Draft, type DropReason, createCore, createEventIds } from '@penstock/sdk-core'
import type { Consent } from './consent.ts'
import { openCookie } from './cookie.ts'
import { openDatabase } from './database.ts'
import { createEventStore } from './event-store.ts'
import { createLocalEvents } from './local-events.ts'
import type { ResolvedCore } from './options.ts'
import { createPageContext } from './page-context.ts'
import type { CallOptions, CorePenstock } from './penstock.ts'
import { browserClock, browserIds, byteLength, createWarner } from './platform.ts'
import { watchExit } from './exit.ts'
import { createSender } from './sender.ts'
import { createTransport } from './transport.ts'
import { createVisitor, isId } from './visitor.ts'
import { openWebStorage } from './web-storage.ts'

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

export function createClient(options: ResolvedCore, features: Features): Client {
  const { writeKey, persistence } = options
  const name = `penstock:${writeKey}`
  const full = persistence !== 'session' && persistence !== 'memory'
  const logger = createWarner(options.logger ?? console)
  const newId = createEventIds(browserIds)
  const openStorage = () =>
    full
      ? openWebStorage('localStorage')
      : persistence === 'session'
        ? openWebStorage('sessionStorage')
        : null

  const store = createEventStore({
    openDatabase: () => (full ? openDatabase(name) : Promise.resolve(null)),
    local: createLocalEvents(openStorage, `${name}:e:`),
    byteLength,
    logger: persistence === 'memory' ? { warn: () => undefined } : logger,
    onWritten: (events) => sender.handOver(events),
    onRemoved: (ids) => {
      // Events leave the store together for one reason. Right after this the core says which, if they were dropped.
      const mine: typeof removal = (removal = { ids, outcome: 'delivered' })
      void Promise.resolve().then(() => sender.tell(ids, mine.outcome))
    },
  })
  let removal: { ids: readonly string[]; outcome: 'delivered' | DropReason } | undefined
  const transport = createTransport({ host: options.host, writeKey, byteLength, now: browserClock.now })
  const core = createCore(
    {
      clock: browserClock,
      ids: browserIds,
      logger,
      byteLength,
      transport,
      store,
      lifecycle: { onExit: () => () => undefined }, // exit.ts: a page's end leaves no time for more than one request
    },
    {
      ...options,
      onDrop(events, reason) {
        // Not so for an event that was refused and never stored.
        if (removal?.ids[0] === events[0]?.event_id) removal!.outcome = reason
        options.onDrop?.(events, reason)
      },
    },
  )
  const sender = createSender({ core, store, name })
  const visitor = createVisitor({
    now: browserClock.now,
    newId: () => newId(Date.now()),
    key: name,
    openStorage,
    openCookie: () =>
      full && options.cookie ? openCookie(name.replace(/[^\w-]/g, '_'), options.crossSubdomain) : null,
  })
  const page = createPageContext()
  let started = false
  let stopWatching: (() => void) | undefined
  core.hold()

  function send(draft: Draft, call: CallOptions = {}): boolean {
    try {
      features.before?.()
      if (features.consent() === 'denied') {
        core.drop(draft, 'consent')
        return false
      }
      return core.enqueue({
        ...visitor.stamp(),
        ...draft,
        event_id: call.eventId,
        timestamp: call.timestamp,
        context: { ...page.now(), ...features.context?.(), ...call.context },
      })
    } catch {
      return false // a page that breaks `document` itself
    }
  }

  const api: CorePenstock = {
    track: (event: string, properties?: object, call?: CallOptions) =>
      send({ type: 'track', event, properties: properties as Draft['properties'] }, call),
    identify(userId, traits, call) {
      const id = String(userId)
      if (isId(id) && features.consent() !== 'denied') visitor.identify(id)
      return send({ type: 'identify', user_id: id, traits }, call)
    },
    page: (name, properties, call) =>
      features.claimPage?.(name) === false || send({ type: 'page', name, properties }, call),
    group(groupId, traits, call) {
      const id = String(groupId)
      if (isId(id) && features.consent() !== 'denied') visitor.group(id)
      return send({ type: 'group', group_id: id, traits }, call)
    },
    alias: (userId, call) =>
      send({ type: 'alias', user_id: String(userId), previous_id: visitor.stamp().anonymous_id }, call),
    reset: () => visitor.reset(),
    flush(timeoutMs) {
      sender.handOver([], true)
      return core.flush(timeoutMs)
    },
    stats: () => core.stats(),
    async shutdown({ timeoutMs } = {}) {
      features.before?.()
      features.stop?.()
      sender.handOver([], true)
      const report = await core.shutdown(timeoutMs)
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
      visitor.keep()
      if (started) return
      started = true
      store.open()
      sender.start()
      stopWatching = watchExit({ core, store, transport, sender, before: () => features.before?.() })
    },
  }
}

// The interface of a browser client, typed by a tracking plan.
import type {
  AnyPlan,
  EventName,
  EventPlan,
  FlushResult,
  PropertiesOf,
  ShutdownReport,
  Stats,
  Values,
} from '@penstock/sdk-core'

/** What a single call may set itself. */
export interface CallOptions {
  /** A UUID of your own: the event is counted once under it, however often it is tracked. */
  eventId?: string
  /** When it happened, when that is not now; the server takes 30 days back. */
  timestamp?: Date | string
  /** Merged over the page's own context. */
  context?: Values
}

type TrackArguments<Properties> =
  Record<never, never> extends Properties
    ? [properties?: Properties, options?: CallOptions]
    : [properties: Properties, options?: CallOptions]

/** A client without consent states: `@penstock/browser/core`. No method ever throws. */
export interface CorePenstock<Plan extends EventPlan = AnyPlan> {
  /** Something happened. False: it was dropped; `stats()` and `onDrop` say why. */
  track<Name extends EventName<Plan>>(event: Name, ...rest: TrackArguments<PropertiesOf<Plan, Name>>): boolean
  /** The visitor is this user from now on, with these traits. */
  identify(userId: string | number, traits?: Values, options?: CallOptions): boolean
  /** A page view. */
  page(name?: string, properties?: Values, options?: CallOptions): boolean
  /** The visitor belongs to this group (company, team) from now on. */
  group(groupId: string | number, traits?: Values, options?: CallOptions): boolean
  /** Links the anonymous id so far to this user. Only for systems that need it said; `identify` links, too. */
  alias(userId: string | number, options?: CallOptions): boolean
  /** The visitor left (log-out): new anonymous id, no user, no group, new session. */
  reset(): void
  /** Sends what is queued now. Resolves when it is settled or `timeoutMs` (default: `requestTimeoutMs`) passed. Never rejects. */
  flush(timeoutMs?: number): Promise<FlushResult>
  /** Numbers of this page. tracked = delivered + queued + dropped. */
  stats(): Stats
  /** Takes no more events, sends what is queued, stops listening to the page. Never rejects. */
  shutdown(options?: { timeoutMs?: number }): Promise<ShutdownReport>
}

/** A client of `@penstock/browser`. No method ever throws. */
export interface Penstock<Plan extends EventPlan = AnyPlan> extends CorePenstock<Plan> {
  /** The visitor consents: what waited is sent; remembered. */
  optIn(): void
  /** The visitor refuses: what is queued is dropped, ids are forgotten; remembered. */
  optOut(): void
}

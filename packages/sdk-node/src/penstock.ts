// The client: calls become drafts with their context, the core does the rest. Holds the process only while somebody awaits.
import { hostname } from 'node:os'
import {
  type AnyPlan,
  type Core,
  type Draft,
  type EventName,
  type EventPlan,
  type FlushResult,
  type ShutdownReport,
  type Stats,
  type Values,
  createCore,
  resolveOptions,
} from '@penstock/sdk-core'
import {
  type AliasCall,
  type Bound,
  type GroupCall,
  type Identity,
  type IdentifyCall,
  type PageCall,
  type StillNeeded,
  type TrackCall,
  toDraft,
} from './calls.ts'
import { keepAlive } from './keep-alive.ts'
import { createNodePlatform } from './node-platform.ts'
import { type NodeOptions, NODE_OPTIONS, type ResolvedOptions, readyBytes } from './options.ts'
import { createRoom } from './room.ts'
import { type Spool, openSpool } from './spool/spool.ts'
import type { SpoolStats } from './spool/spool.ts'
import { activeTrace } from './trace-context.ts'
import { createUndiciTransport } from './undici-transport.ts'
import { VERSION } from './version.ts'
import { createWarner } from './warner.ts'

export interface NodeStats extends Stats {
  /** Only with `spool`. */
  readonly spool?: SpoolStats
}

/**
 * Every call captures its arguments at once, never throws and never waits. It returns false when the event was dropped:
 * `onDrop` and `stats()` say why.
 */
export interface Penstock<Plan extends EventPlan = AnyPlan, Who = Identity> {
  track<Name extends EventName<Plan>>(call: TrackCall<Who, Plan, Name>): boolean
  identify(call: IdentifyCall<Who>): boolean
  page(call: PageCall<Who>): boolean
  screen(call: PageCall<Who>): boolean
  group(call: GroupCall<Who>): boolean
  alias(call: AliasCall<Who>): boolean
  /** A client that adds these to each call; the same queue, no cost. What a call gives itself counts first. */
  with<Given extends Bound>(bound: Given): Penstock<Plan, StillNeeded<Who, Given>>
  /**
   * Resolves when there is room: await it before each call of a loop, and memory stays low and nothing is refused. With a
   * spool, what was tracked before is on disk then (on the platters with `fsync`). Never rejects.
   */
  ready(): Promise<void>
  /**
   * Sends what is queued and resolves when it is answered, or when that cannot be within the time; never rejects.
   * @defaultValue timeoutMs `requestTimeoutMs`
   */
  flush(options?: { timeoutMs?: number }): Promise<FlushResult>
  /**
   * The last call: takes no more events, sends what is queued, and says what was not delivered. Never rejects.
   * @defaultValue timeoutMs the option `shutdownTimeoutMs`
   */
  shutdown(options?: { timeoutMs?: number }): Promise<ShutdownReport>
  /** Always: tracked = delivered + queued + sum of dropped. */
  stats(): NodeStats
}

interface Shared {
  readonly core: Core
  readonly options: ResolvedOptions
  readonly spool: Spool | undefined
  /** Nothing to wait for, or a promise for room in the queue. */
  readonly ready: () => Promise<void> | undefined
  readonly close: (timeoutMs: number) => Promise<ShutdownReport>
}

/**
 * Makes a client. One per process is enough; it may be shared by everything in it.
 * @throws TypeError when `writeKey` or `host` is missing or the spool has no directory
 */
export function createPenstock<Plan extends EventPlan = AnyPlan>(options: NodeOptions): Penstock<Plan> {
  const warner = createWarner((options as NodeOptions | undefined)?.logger)
  const resolved = resolveOptions(options, NODE_OPTIONS, warner) as unknown as ResolvedOptions
  const spool = resolved.spool === undefined ? undefined : openSpool(resolved.spool, warner)
  const transport = createUndiciTransport(resolved)
  const { platform, stop } = createNodePlatform({
    transport,
    logger: warner,
    spool,
    options: resolved,
    onProgress() {
      room.check()
      spool?.onRoom()
    },
  })
  const core = createCore(platform, resolved)
  let closing: Promise<ShutdownReport> | undefined
  /** Nobody waits for room in a client that takes nothing any more: what it leaves behind may fill the queue for ever. */
  const readyBelow = (): number =>
    closing === undefined ? readyBytes(resolved, transport.fails()) : Infinity
  const room = createRoom(core.queuedBytes, readyBelow)
  spool?.start(core)
  const close = async (timeoutMs: number): Promise<ShutdownReport> => {
    const report = await core.shutdown(timeoutMs)
    room.check()
    stop()
    spool?.close()
    await transport.close()
    return report
  }
  platform.watch(core)
  const base: Values = {
    library: { name: '@penstock/node', version: VERSION },
    runtime: { name: 'node', version: process.version },
    ...(resolved.hostname ? { host: hostname() } : {}),
  }
  return createClient<Plan, Identity>(
    {
      core,
      options: resolved,
      spool,
      ready: () => (core.queuedBytes() < readyBelow() ? undefined : room.below()),
      close: (timeoutMs) => (closing ??= keepAlive(close(timeoutMs))),
    },
    { context: base, ...(resolved.waitUntil === undefined ? {} : { waitUntil: resolved.waitUntil }) },
  )
}

function createClient<Plan extends EventPlan, Who>(shared: Shared, bound: Bound): Penstock<Plan, Who> {
  const { core, options, spool } = shared
  const base = bound.context ?? {}
  const now = Promise.resolve()
  let covered = false

  const context = (own: unknown): Values => {
    const trace = options.traceContext ? activeTrace() : undefined
    if (own === undefined || own === null) return trace === undefined ? base : { ...base, trace }
    return { ...base, ...(trace === undefined ? {} : { trace }), ...(own as Values) }
  }

  /** One promise for all calls of a moment. */
  function cover(waitUntil: (promise: Promise<unknown>) => void): void {
    if (covered) return
    covered = true
    const moment = new Promise((resolve) => setTimeout(resolve, 10))
    try {
      waitUntil(
        moment.then(() => {
          covered = false
          return keepAlive(core.flush())
        }),
      )
    } catch {
      covered = false // theirs; events are sent in the usual way
    }
  }

  const call = (type: Draft['type']) => (input: unknown) => {
    const taken = core.enqueue(toDraft(type, input, bound, context))
    if (bound.waitUntil !== undefined && taken) cover(bound.waitUntil)
    return taken
  }

  return {
    track: call('track'),
    identify: call('identify'),
    page: call('page'),
    screen: call('screen'),
    group: call('group'),
    alias: call('alias'),
    with: (given) => createClient(shared, { ...bound, ...given, context: { ...base, ...given.context } }),
    ready() {
      const written = spool?.written()
      const room = shared.ready()
      if (written === undefined && room === undefined) return now
      return keepAlive(Promise.all([written, room]).then(() => undefined))
    },
    flush: (given) => keepAlive(core.flush(given?.timeoutMs)),
    shutdown: (given) => shared.close(given?.timeoutMs ?? options.shutdownTimeoutMs),
    stats: () => (spool === undefined ? core.stats() : { ...core.stats(), spool: spool.stats() }),
  }
}

import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { context, ROOT_CONTEXT, trace, type Context, type ContextManager } from '@opentelemetry/api'
import { type FakeGateway, startFakeGateway } from '@penstock/testing/gateway'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type NodeOptions, type Penstock, createPenstock } from './index.ts'

let gateway: FakeGateway
const warnings: string[] = []
beforeEach(async () => {
  gateway = await startFakeGateway()
  warnings.length = 0
})
afterEach(() => gateway.close())

const open = (options: Partial<NodeOptions> = {}) =>
  createPenstock({
    writeKey: 'pk',
    host: gateway.url,
    flushIntervalMs: 20,
    logger: { warn: (message) => warnings.push(message) },
    ...options,
  })

describe('createPenstock', () => {
  it('throws without a key or a host, and warns of options it does not know or cannot use', async () => {
    expect(() => createPenstock({} as NodeOptions)).toThrow(/writeKey.*host/)
    expect(() => createPenstock(undefined as unknown as NodeOptions)).toThrow(TypeError)
    expect(() => open({ host: 'events.example.com' })).toThrow(TypeError)
    expect(() => open({ spool: {} as { directory: string } })).toThrow(/directory/)
    const odd = open({ flushIntervalMs: 0, maxBatchEvents: '5', flushAt: 1 } as object)
    expect(warnings.join()).toMatch(/flushAt.*maxBatchEvents|flushIntervalMs/)
    expect(warnings).toHaveLength(3)
    await odd.shutdown()
  })

  it('sends every kind of call with its fields', async () => {
    const penstock = open()
    penstock.track({ userId: 'u1', event: 'Paid', properties: { cents: 5 }, sessionId: 's', seq: 3 })
    penstock.identify({ userId: 'u1', anonymousId: 'a1', traits: { plan: 'pro' } })
    penstock.page({ anonymousId: 'a1', name: 'Home', properties: { url: '/' } })
    penstock.screen({ userId: 'u1', name: 'Start' })
    penstock.group({ userId: 'u1', groupId: 'g1', traits: { size: 3 } })
    penstock.alias({ userId: 'u1', previousId: 'a1' })
    penstock.track({ userId: 42 as unknown as string, event: 'Number' })
    expect(await penstock.shutdown()).toMatchObject({ delivered: 7, remaining: 0 })
    const context = {
      library: { name: '@penstock/node', version: expect.any(String) as string },
      runtime: { name: 'node' },
    }
    expect(gateway.events()).toMatchObject([
      {
        type: 'track',
        user_id: 'u1',
        event: 'Paid',
        properties: { cents: 5 },
        session_id: 's',
        seq: 3,
        context,
      },
      { type: 'identify', user_id: 'u1', anonymous_id: 'a1', traits: { plan: 'pro' } },
      { type: 'page', anonymous_id: 'a1', name: 'Home', properties: { url: '/' } },
      { type: 'screen', user_id: 'u1', name: 'Start' },
      { type: 'group', user_id: 'u1', group_id: 'g1', traits: { size: 3 } },
      { type: 'alias', user_id: 'u1', previous_id: 'a1' },
      { type: 'track', user_id: '42', event: 'Number' },
    ])
  })

  it('survives calls that are no calls at all', async () => {
    const penstock = open()
    const call = (input: unknown) => penstock.track(input as { userId: string; event: string })
    const angry = {
      get userId(): string {
        throw new Error('no')
      },
    }
    for (const input of [undefined, null, 1, 'text', [], angry]) expect(call(input)).toBe(true)
    await penstock.shutdown()
    expect(gateway.events().map(({ type }) => type)).toEqual(Array.from({ length: 6 }, () => 'track'))
  })

  it('with() binds ids and context, and shares the queue', async () => {
    const penstock = open()
    const bound = penstock
      .with({ userId: 'u1', context: { region: 'eu' } })
      .with({ context: { tenant: 't' }, sessionId: 's' })
    bound.track({ event: 'A', context: { region: 'us' } })
    expect(penstock.stats().tracked).toBe(1)
    await penstock.shutdown()
    expect(gateway.events()[0]).toMatchObject({
      user_id: 'u1',
      session_id: 's',
      context: { region: 'us', tenant: 't', library: { name: '@penstock/node' } },
    })
  })

  it('asks beforeSend, which may change or drop, and cannot break anything', async () => {
    const penstock = open({
      beforeSend(event) {
        if (event.event === 'Secret') return null
        if (event.event === 'Broken') throw new Error('theirs')
        return { ...event, properties: { ...event.properties, seen: true } }
      },
    })
    expect(penstock.track({ userId: 'u', event: 'Secret' })).toBe(false)
    expect(penstock.track({ userId: 'u', event: 'Broken' })).toBe(false)
    expect(penstock.track({ userId: 'u', event: 'Fine', properties: { a: 1 } })).toBe(true)
    await penstock.shutdown()
    expect(gateway.events()).toMatchObject([{ event: 'Fine', properties: { a: 1, seen: true } }])
    expect(penstock.stats()).toMatchObject({ tracked: 3, delivered: 1, dropped: { before_send: 2 } })
  })

  it('sends nothing when it is not enabled, and counts it', async () => {
    const penstock = open({ enabled: false })
    expect(penstock.track({ userId: 'u', event: 'e' })).toBe(false)
    await penstock.shutdown()
    expect(gateway.requests).toHaveLength(0)
    expect(penstock.stats()).toMatchObject({ tracked: 1, dropped: { consent: 1 } })
  })

  it('hands waitUntil a promise that settles when what was tracked is delivered', async () => {
    const promises: Promise<unknown>[] = []
    const penstock = open({ flushIntervalMs: 60_000 })
    const request = penstock.with({ userId: 'u', waitUntil: (promise) => promises.push(promise) })
    for (let at = 0; at < 10; at++) request.track({ event: `e${at}` })
    expect(promises).toHaveLength(1)
    await Promise.all(promises)
    expect(gateway.events()).toHaveLength(10)
    request.track({ event: 'later' })
    await Promise.all(promises)
    expect(gateway.events()).toHaveLength(11)
    await penstock.shutdown()
  })

  it('adds trace and span id while an OpenTelemetry span is active', async () => {
    const storage = new AsyncLocalStorage<Context>()
    const manager: ContextManager = {
      active: () => storage.getStore() ?? ROOT_CONTEXT,
      with: (active, run, self, ...args) => storage.run(active, () => run.call(self, ...args)),
      bind: (_active, target) => target,
      enable: () => manager,
      disable: () => manager,
    }
    context.setGlobalContextManager(manager)
    try {
      const penstock = open()
      const span = trace.wrapSpanContext({
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
        traceFlags: 1,
      })
      context.with(trace.setSpan(context.active(), span), () =>
        penstock.track({ userId: 'u', event: 'inside' }),
      )
      penstock.track({ userId: 'u', event: 'outside' })
      await penstock.shutdown()
      expect(gateway.events()[0]?.context).toMatchObject({
        trace: { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331' },
      })
      expect(gateway.events()[1]?.context).not.toHaveProperty('trace')
    } finally {
      context.disable()
    }
  })

  it('ready() waits earlier while batches pass than while nobody takes them', async () => {
    const penstock = open({ maxQueueBytes: 16_777_216, requestTimeoutMs: 1_000 })
    const text = 'x'.repeat(1_000)
    const fill = (count: number) => {
      for (let at = 0; at < count; at++) penstock.track({ userId: 'u', event: 'e', properties: { text } })
    }
    const isReady = () =>
      Promise.race([
        penstock.ready().then(() => true),
        new Promise<false>((resolve) => setTimeout(resolve, 100, false)),
      ])
    gateway.otherwise({ delayMs: 300 })
    fill(2_500) // 3 MB
    expect(await isReady(), 'under way').toBe(false)
    const waits = penstock.ready()
    gateway.otherwise({ status: 503 })
    await waits
    expect(penstock.stats().queued).toBeGreaterThan(1_000)
    expect(await isReady(), 'refused').toBe(true)
    fill(2_500)
    expect(await isReady(), 'a quarter of the queue').toBe(false)
    gateway.otherwise({})
    await penstock.ready()
    expect(await penstock.shutdown()).toMatchObject({ remaining: 0 })
  })

  it('ready() makes a loop wait instead of losing events', async () => {
    const penstock = open({ maxQueueBytes: 65_536 })
    for (let at = 0; at < 2_000; at++) {
      await penstock.ready()
      expect(penstock.track({ userId: 'u', event: 'e', properties: { at } })).toBe(true)
    }
    expect(await penstock.shutdown()).toMatchObject({ remaining: 0 })
    expect(gateway.copies().size).toBe(2_000)
  })

  it.each([false, true])('ready() waits no longer than the client lives (spool: %s)', async (spooled) => {
    const directory = mkdtempSync(join(tmpdir(), 'penstock-spool-'))
    gateway.otherwise({ status: 503, headers: { 'retry-after': '60' } })
    let penstock!: Penstock
    await new Promise((resolve) => {
      penstock = open({
        maxQueueBytes: 65_536,
        onError: resolve,
        ...(spooled ? { spool: { directory } } : {}),
      })
      while (penstock.stats().queuedBytes < 32_768) penstock.track({ userId: 'u', event: 'e' })
    })
    const waits = penstock.ready()
    expect((await penstock.shutdown()).kept > 0).toBe(spooled)
    await waits
    await penstock.ready()
    rmSync(directory, { recursive: true })
  })

  it('leaves no listener on the process behind', async () => {
    const before = process.listenerCount('beforeExit')
    const clients = Array.from({ length: 20 }, () => open())
    expect(process.listenerCount('beforeExit')).toBe(before + 1)
    await Promise.all(clients.map((client) => client.shutdown()))
    expect(process.listenerCount('beforeExit')).toBe(before)
    expect(process.listenerCount('exit')).toBeLessThan(20)
  })

  it('says each kind of warning at most once a minute', async () => {
    const penstock = open()
    for (let at = 0; at < 50; at++) penstock.track({ userId: 'u', event: 'e', properties: { big: 1n } })
    expect(warnings).toHaveLength(1)
    await penstock.shutdown()
  })
})

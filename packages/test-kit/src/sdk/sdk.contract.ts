// What both SDKs must do on the wire, stated once, against a fake gateway. An SDK may live in another world (a page in a browser):
// the suite speaks to it by code that runs there, and by answers that are plain data.
import { type FakeGateway, type ReceivedEvent, startFakeGateway } from '@penstock/testing/gateway'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** Options that both SDKs have. */
export interface SdkOptions {
  writeKey: string
  host: string
  flushIntervalMs?: number
  maxBatchEvents?: number
  maxQueueBytes?: number
  requestTimeoutMs?: number
}

export interface SdkDrop {
  reason: string
  events: { event_id: string; event?: string; code?: string }[]
}

export interface SdkUnderTest {
  /**
   * Runs the body of an async function in the SDK's world and gives what it returns. In scope: `track(name, properties?,
   * { eventId?, timestamp? }?)`, which returns what the SDK returns.
   */
  run(code: string): Promise<unknown>
  flush(timeoutMs?: number): Promise<{ delivered: number; remaining: number }>
  shutdown(
    timeoutMs?: number,
  ): Promise<{ delivered: number; remaining: number; kept: number; inDoubt: number }>
  stats(): Promise<{
    tracked: number
    delivered: number
    queued: number
    dropped: Record<string, number>
    retried: number
  }>
  /** What `onDrop` was told. */
  drops(): Promise<SdkDrop[]>
  /** Codes that `onError` was told. */
  errors(): Promise<string[]>
  /** Ends it without ceremony. */
  close(): Promise<void>
}

export interface SdkFeatures {
  /** Compresses when it is told to by the factory. @defaultValue false */
  gzip?: boolean
  /** Whether the network below the SDK repeats a request that was answered 408 by itself, as browsers do. @defaultValue false */
  repeats408?: boolean
}

/** `open` starts a fresh SDK with nothing stored. */
export function describeSdk(
  name: string,
  open: (options: SdkOptions) => Promise<SdkUnderTest>,
  features: SdkFeatures = {},
): void {
  describe(`SDK: ${name}`, () => {
    let gateway: FakeGateway
    const opened: SdkUnderTest[] = []

    beforeEach(async () => {
      gateway = await startFakeGateway()
    })
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((sdk) => sdk.close()))
      await gateway.close()
    })

    const start = async (options: Partial<SdkOptions> = {}): Promise<SdkUnderTest> => {
      const sdk = await open({
        writeKey: 'pk_test',
        host: gateway.url,
        flushIntervalMs: 50,
        requestTimeoutMs: 2_000,
        ...options,
      })
      opened.push(sdk)
      return sdk
    }
    const trackMany = (sdk: SdkUnderTest, count: number, prefix = 'e') =>
      sdk.run(`for (let at = 0; at < ${count}; at++) track('${prefix}' + at, { at })`)
    const names = (events: readonly ReceivedEvent[]) => events.map(({ event }) => event)
    const expected = (count: number, prefix = 'e') =>
      Array.from({ length: count }, (_, at) => `${prefix}${at}`)

    /** Everything tracked is accounted for, and what arrived is what was delivered. */
    async function balance(sdk: SdkUnderTest): Promise<void> {
      const { tracked, delivered, queued, dropped } = await sdk.stats()
      expect(tracked).toBe(delivered + queued + Object.values(dropped).reduce((sum, count) => sum + count, 0))
    }
    async function settled(sdk: SdkUnderTest): Promise<void> {
      for (let round = 0; round < 200; round++) {
        if ((await sdk.flush(500)).remaining === 0) return balance(sdk)
        await pause(25) // a flush does not wait for a pause that the gateway asked for
      }
      throw new Error('the queue never became empty')
    }

    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

    it('sends what was tracked, with the key, ids that sort by time, and when it was sent', async () => {
      const sdk = await start()
      await trackMany(sdk, 3)
      await settled(sdk)
      const [request] = gateway.requests
      expect(names(gateway.events())).toEqual(expected(3))
      expect(request?.headers.authorization ?? `Bearer ${request?.query.get('write_key')}`).toBe(
        'Bearer pk_test',
      )
      expect(Math.abs(Date.parse(request?.query.get('sent_at') ?? '') - Date.now())).toBeLessThan(5_000)
      const ids = gateway.events().map(({ event_id }) => event_id)
      expect([...ids].sort()).toEqual(ids)
      for (const event of gateway.events()) {
        expect(event.event_id).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        )
        expect(Math.abs(Date.parse(event.timestamp ?? '') - Date.now())).toBeLessThan(5_000)
        expect(event.user_id ?? event.anonymous_id).toBeTruthy()
      }
    })

    it('keeps ids, times and every byte over retries', async () => {
      const sdk = await start()
      gateway.script({ status: 503 }, { status: 500 }, { status: 429 }, { status: 408 })
      await trackMany(sdk, 5)
      await settled(sdk)
      expect(gateway.requests.length).toBeGreaterThanOrEqual(5)
      const [first, ...others] = gateway.requests.map(({ raw }) => raw.toString('base64'))
      for (const raw of others.slice(0, 4)) expect(raw).toBe(first)
      expect([...gateway.copies().values()]).toEqual([1, 1, 1, 1, 1])
      expect((await sdk.stats()).retried).toBe(features.repeats408 === true ? 3 : 4)
      expect(await sdk.errors()).toEqual(['http_503'])
    })

    it('takes what is accepted and resends nothing of a partial answer', async () => {
      const sdk = await start()
      gateway.script({ rejected: { 1: 'event_name_too_long', 3: 'id_illegal' } })
      await trackMany(sdk, 5)
      await settled(sdk)
      await trackMany(sdk, 1, 'later')
      await settled(sdk)
      expect(names(gateway.events())).toEqual(['e0', 'e2', 'e4', 'later0'])
      const refused = (await sdk.drops()).flatMap(({ events }) => events)
      expect(refused).toMatchObject([
        { event: 'e1', code: 'event_name_too_long' },
        { event: 'e3', code: 'id_illegal' },
      ])
      expect(await sdk.stats()).toMatchObject({ delivered: 4, dropped: { refused: 2 } })
    })

    it('splits what is too large, down to one event, which is dropped', async () => {
      const sdk = await start()
      gateway.otherwise(({ events }) => (events.some(({ event }) => event === 'e6') ? { status: 413 } : {}))
      await trackMany(sdk, 10)
      await settled(sdk)
      expect(names(gateway.events()).sort()).toEqual(expected(10).filter((each) => each !== 'e6'))
      expect(await sdk.drops()).toMatchObject([{ reason: 'too_large', events: [{ event: 'e6' }] }])
    })

    it('stops sending when the key is refused, keeps everything and says so once', async () => {
      const sdk = await start()
      gateway.otherwise({ status: 401, code: 'key_unknown' })
      await trackMany(sdk, 5)
      while ((await sdk.errors()).length === 0) await pause(10)
      await trackMany(sdk, 5, 'later')
      expect((await sdk.flush(300)).remaining).toBe(10)
      await pause(400)
      expect(gateway.requests).toHaveLength(1)
      expect(await sdk.errors()).toEqual(['key_unknown'])
      expect(await sdk.stats()).toMatchObject({ queued: 10, dropped: {} })
    })

    it('waits as long as Retry-After says', async () => {
      const sdk = await start()
      gateway.script({ status: 429, headers: { 'retry-after': '1' } })
      await trackMany(sdk, 5)
      await gateway.waitUntil(({ requests }) => requests.length === 2)
      const [first, second] = gateway.requests
      expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(950)
      await settled(sdk)
      expect(names(gateway.events())).toEqual(expected(5))
    })

    it('waits until the date that Retry-After says', async () => {
      const sdk = await start()
      const until = Math.ceil(Date.now() / 1_000 + 1) * 1_000 // such dates have whole seconds
      const sinceStart = until - Date.now() + performance.now()
      gateway.script({ status: 503, headers: { 'retry-after': new Date(until).toUTCString() } })
      await trackMany(sdk, 5)
      await gateway.waitUntil(({ requests }) => requests.length === 2)
      expect(gateway.requests[1]?.at).toBeGreaterThanOrEqual(sinceStart - 50)
      await settled(sdk)
      expect(names(gateway.events())).toEqual(expected(5))
    })

    it('loses nothing when connections are cut', async () => {
      const sdk = await start()
      gateway.script({ cut: 'before' }, { cut: 'before' }, { cut: 'before' })
      await trackMany(sdk, 20)
      await settled(sdk)
      expect(new Set(names(gateway.events()))).toEqual(new Set(expected(20)))
      expect(await sdk.stats()).toMatchObject({ delivered: 20, dropped: {} })
    })

    it('sends at most one more copy for each lost answer', async () => {
      const sdk = await start()
      gateway.script({ cut: 'after' }, { cut: 'midway' })
      await trackMany(sdk, 10)
      await settled(sdk)
      const copies = [...gateway.copies().values()]
      expect(copies).toHaveLength(10)
      expect(Math.max(...copies)).toBeLessThanOrEqual(3)
      expect(await sdk.stats()).toMatchObject({ delivered: 10, dropped: {} })
    })

    it('gives up on an answer that takes too long, and sends again', async () => {
      const sdk = await start({ requestTimeoutMs: 200 })
      gateway.script({ delayMs: 1_000 })
      await trackMany(sdk, 5)
      await gateway.waitUntil(({ requests }) => requests.length >= 2)
      await settled(sdk)
      expect(gateway.copies().size).toBe(5)
      expect(await sdk.stats()).toMatchObject({ delivered: 5 })
    })

    it('follows no redirect', async () => {
      const elsewhere = await startFakeGateway()
      const sdk = await start()
      gateway.script({ status: 307, headers: { location: `${elsewhere.url}/events` } })
      await trackMany(sdk, 3)
      await settled(sdk)
      expect(elsewhere.requests).toHaveLength(0)
      expect(await sdk.stats()).toMatchObject({ delivered: 0, dropped: { refused: 3 } })
      await elsewhere.close()
    })

    it('does not take the page of some other server for an answer', async () => {
      const sdk = await start()
      gateway.script({ status: 200, body: '<html>Log in to the hotel network</html>' })
      await trackMany(sdk, 3)
      await settled(sdk)
      expect(names(gateway.events())).toEqual(expected(3))
    })

    it.runIf(features.gzip === true)('compresses batches that are worth it', async () => {
      const sdk = await start()
      await trackMany(sdk, 200)
      await settled(sdk)
      expect(gateway.events()).toHaveLength(200)
      const zipped = gateway.requests.filter(({ headers }) => headers['content-encoding'] === 'gzip')
      expect(zipped.length).toBeGreaterThan(0)
      for (const { raw, text } of zipped) expect(raw.length).toBeLessThan(text.length / 3)
    })

    it('keeps its waits and its order when the clock jumps', async () => {
      const sdk = await start({ flushIntervalMs: 300 })
      await trackMany(sdk, 1)
      await sdk.run('const before = Date.now; Date.now = () => before.call(Date) + 7200000')
      await trackMany(sdk, 1, 'ahead')
      await sdk.run('const jumped = Date.now; Date.now = () => jumped.call(Date) - 14400000')
      await trackMany(sdk, 1, 'behind')
      await gateway.waitUntil((now) => now.events().length === 3, 3_000)
      expect(names(gateway.events())).toEqual(['e0', 'ahead0', 'behind0'])
      const sentAt = Date.parse(gateway.requests[0]?.query.get('sent_at') ?? '')
      expect(Math.abs(sentAt - (Date.now() - 0))).toBeLessThan(7_300_000)
      await balance(sdk)
    })

    it('refuses the newest when the queue is full, and reports the loss', async () => {
      const sdk = await start({ maxQueueBytes: 65_536 })
      gateway.script({ status: 503, headers: { 'retry-after': '1' } })
      await trackMany(sdk, 1, 'first')
      while ((await sdk.errors()).length === 0) await pause(10)
      const kept = (await sdk.run(
        `return Array.from({ length: 100 }, (_, at) => track('e' + at, { text: 'x'.repeat(2000) }))`,
      )) as boolean[]
      const room = kept.indexOf(false)
      expect(room).toBeGreaterThan(10)
      expect(kept.slice(room)).not.toContain(true)
      await settled(sdk)
      expect(names(gateway.events())).toEqual(['first0', ...expected(room)])
      expect(await sdk.stats()).toMatchObject({ tracked: 101, dropped: { queue_full: 100 - room } })
      const reports = gateway.requests
        .map(({ query }) => query.get('dropped'))
        .filter((report) => report !== null)
      expect(reports).toContain(`queue_full:${100 - room}`)
    })

    it('survives values that cannot be serialised, and sends the rest', async () => {
      const sdk = await start()
      await sdk.run(`
        const cycle = { name: 'c' }; cycle.self = cycle
        track('cycle', { cycle, fine: 1 })
        track('bigint', { big: 10n, fine: 1 })
        track('function', { run: () => 1, fine: 1 })
        track('getter', { get bad() { throw new Error('no') }, fine: 1 })
        track('surrogate', { text: 'a\\ud800b', fine: 1 })
        track('huge', { text: 'x'.repeat(40000) })
        track(undefined); track(null, null); track('date', { when: new Date(0) })
      `)
      await settled(sdk)
      const byName = new Map(gateway.events().map(({ event, properties }) => [event, properties]))
      for (const name of ['cycle', 'bigint', 'function', 'getter', 'surrogate']) {
        expect(byName.get(name), name).toMatchObject({ fine: 1 })
      }
      expect(byName.get('cycle')).toEqual({ cycle: { name: 'c' }, fine: 1 })
      expect(byName.get('bigint')).toEqual({ big: '10', fine: 1 })
      expect(byName.get('surrogate')).toEqual({ text: 'a\ufffdb', fine: 1 })
      expect(byName.get('date')).toEqual({ when: '1970-01-01T00:00:00.000Z' })
      expect(await sdk.stats()).toMatchObject({ dropped: { too_large: 1 } })
    })

    it('captures objects at the call', async () => {
      const sdk = await start()
      await sdk.run(`const cart = { items: [1] }; track('e0', cart); cart.items.push(2); cart.more = true`)
      await settled(sdk)
      expect(gateway.events()[0]?.properties).toEqual({ items: [1] })
    })

    it('takes the id and time it is given', async () => {
      const sdk = await start()
      await sdk.run(
        `track('e0', {}, { eventId: '0190a1b2-0000-7000-8000-000000000001', timestamp: '2026-11-22T10:00:00.000Z' })`,
      )
      await settled(sdk)
      expect(gateway.events()[0]).toMatchObject({
        event_id: '0190a1b2-0000-7000-8000-000000000001',
        timestamp: '2026-11-22T10:00:00.000Z',
      })
    })

    it('delivers 10,000 events of one loop', { timeout: 60_000 }, async () => {
      const sdk = await start()
      await trackMany(sdk, 10_000)
      await settled(sdk)
      expect(gateway.copies().size).toBe(10_000)
      expect(await sdk.stats()).toMatchObject({ tracked: 10_000, delivered: 10_000, dropped: {} })
    })

    it('flushes honestly while the gateway cannot be reached, and delivers later', async () => {
      const sdk = await start()
      await gateway.stop()
      await trackMany(sdk, 10)
      expect(await sdk.flush(300)).toMatchObject({ delivered: 0, remaining: 10 })
      await gateway.start()
      await settled(sdk)
      expect(names(gateway.events())).toEqual(expected(10))
    })

    it('shuts down honestly while the gateway cannot be reached', async () => {
      const sdk = await start()
      await gateway.stop()
      await trackMany(sdk, 10)
      const report = await sdk.shutdown(300)
      expect(report).toMatchObject({ delivered: 0, remaining: 10 })
      const { queued, dropped } = await sdk.stats()
      expect(queued).toBe(report.kept)
      expect(dropped['shutdown'] ?? 0).toBe(10 - report.kept)
    })

    it('shuts down in time and says what is in doubt', async () => {
      const sdk = await start({ requestTimeoutMs: 5_000 })
      gateway.otherwise({ delayMs: 4_000 })
      await trackMany(sdk, 10)
      const started = performance.now()
      const report = await sdk.shutdown(500)
      expect(performance.now() - started).toBeLessThan(3_000)
      expect(report).toMatchObject({ delivered: 0, remaining: 10, inDoubt: 10 })
    })

    it('takes nothing after shutdown', async () => {
      const sdk = await start()
      await trackMany(sdk, 2)
      expect(await sdk.shutdown(2_000)).toMatchObject({ remaining: 0 })
      expect(await sdk.run(`return track('late')`)).toBe(false)
      expect(await sdk.stats()).toMatchObject({ delivered: 2, dropped: { shutdown: 1 } })
      await balance(sdk)
    })
  })
}

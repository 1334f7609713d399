import { describe, expect, it } from 'vitest'
import { createCore } from './core.ts'
import type { DroppedEvent, DropReason } from './event.ts'
import type { CoreOptions } from './options.ts'
import type { Store } from './platform.ts'
import { createScriptedPlatform } from './testing/scripted-platform.ts'

const OPTIONS: CoreOptions = {
  enabled: true,
  flushIntervalMs: 1_000,
  maxBatchEvents: 10,
  maxBatchBytes: 10_000,
  maxQueueBytes: 100_000,
  maxInFlight: 2,
  requestTimeoutMs: 5_000,
}

function start(options: Partial<CoreOptions> = {}, store?: Parameters<typeof createScriptedPlatform>[0]) {
  const platform = createScriptedPlatform(store)
  const drops: { events: DroppedEvent[]; reason: DropReason }[] = []
  const errors: string[] = []
  const core = createCore(platform, {
    ...OPTIONS,
    onDrop: (events, reason) => void drops.push({ events, reason }),
    onError: ({ code }) => void errors.push(code),
    ...options,
  })
  const track = (count: number, from = 0) => {
    for (let at = from; at < from + count; at++) {
      core.enqueue({ type: 'track', event: `e${at}`, user_id: 'u' })
    }
  }
  const accept = { status: 202, body: '{"accepted":1,"rejected":[]}' }
  return { platform, core, drops, errors, track, accept }
}

const names = (body: string) => (JSON.parse(body) as { event: string }[]).map(({ event }) => event)

describe('core', () => {
  it('sends after the interval, or sooner when a batch is full', async () => {
    const { platform, core, track, accept } = start()
    track(3)
    await platform.advance(999)
    expect(platform.sent).toHaveLength(0)
    await platform.advance(1)
    expect(names(platform.sent[0]!.body)).toEqual(['e0', 'e1', 'e2'])
    platform.open[0]!.answer(accept)
    track(25, 3)
    await platform.advance(0)
    expect(platform.sent.map(({ body }) => names(body).length)).toEqual([3, 10, 10])
    for (const request of [...platform.open]) request.answer(accept)
    await platform.advance(1_000)
    expect(platform.sent).toHaveLength(4)
    platform.open[0]!.answer(accept)
    await platform.advance(0)
    expect(core.stats()).toMatchObject({ tracked: 28, delivered: 28, queued: 0, queuedBytes: 0 })
    expect(platform.clock.timers()).toBe(0)
  })

  it('repeats a batch with the same bytes, not before Retry-After', async () => {
    const { platform, core, track, accept, errors } = start()
    track(10)
    await platform.advance(0)
    platform.open[0]!.answer({ status: 429, retryAfter: '7' })
    track(20, 10)
    await platform.advance(6_999)
    expect(platform.sent).toHaveLength(1)
    await platform.advance(1)
    expect(platform.sent).toHaveLength(2) // one at a time after a failure
    expect(platform.sent[1]!.body).toBe(platform.sent[0]!.body)
    platform.open[0]!.answer(accept)
    await platform.advance(0)
    expect(platform.open).toHaveLength(2)
    expect(platform.sent[1]!.query).toContain('&retried=1')
    for (const request of [...platform.open]) request.answer(accept)
    await platform.advance(0)
    expect(core.stats()).toMatchObject({ delivered: 30, queued: 0, retried: 1 })
    expect(errors).toEqual(['http_429'])
  })

  it('drops what the server refused, with the code, and resends nothing else', async () => {
    const { platform, core, track, drops } = start()
    track(10)
    await platform.advance(0)
    platform.open[0]!.answer({
      status: 202,
      body: JSON.stringify({ accepted: 9, rejected: [{ index: 4, code: 'id_illegal', message: '' }] }),
    })
    await platform.advance(60_000)
    expect(platform.sent).toHaveLength(1)
    expect(core.stats()).toMatchObject({ delivered: 9, dropped: { refused: 1 }, queued: 0 })
    expect(drops).toMatchObject([{ reason: 'refused', events: [{ event: 'e4', code: 'id_illegal' }] }])
  })

  it('splits a batch that is too large, down to one event', async () => {
    const { platform, core, track, accept, drops } = start()
    track(4)
    void core.flush()
    for (let round = 0; round < 20; round++) {
      await platform.advance(0)
      for (const request of [...platform.open]) {
        const sent = names(request.body)
        request.answer(sent.includes('e2') ? { status: 413 } : accept)
      }
    }
    await platform.advance(0)
    expect(core.stats()).toMatchObject({ delivered: 3, dropped: { too_large: 1 }, queued: 0 })
    expect(drops[0]!.events[0]!.event).toBe('e2')
  })

  it('pauses for 5 minutes when the key is refused, tells once, and loses nothing', async () => {
    const { platform, core, track, accept, errors } = start()
    track(10)
    await platform.advance(0)
    platform.open[0]!.answer({ status: 401, body: '{"code":"key_unknown"}' })
    await platform.advance(299_999)
    expect(platform.sent).toHaveLength(1)
    await platform.advance(1)
    platform.open[0]!.answer({ status: 401, body: '{"code":"key_unknown"}' })
    await platform.advance(300_000)
    platform.open[0]!.answer(accept)
    await platform.advance(0)
    expect(core.stats()).toMatchObject({ delivered: 10, queued: 0 })
    expect(errors).toEqual(['key_unknown'])
    expect(platform.warnings).toEqual(['key_refused key_unknown'])
  })

  it('finds the poison event behind answers 500 and drops it alone', async () => {
    const { platform, core, track, accept, drops } = start()
    let next = 0
    for (let round = 0; round < 20_000 && (next < 200 || core.stats().queued > 0); round++) {
      if (next < 200) track(1, next++)
      for (const request of [...platform.open]) {
        request.answer(names(request.body).includes('e5') ? { status: 500 } : accept)
      }
      if (next === 200 && drops.length === 0) track(1, 1_000 + round)
      await platform.advance(500)
    }
    expect(core.stats().dropped).toEqual({ attempts_exhausted: 1 })
    expect(core.stats().queued).toBe(0)
    expect(drops[0]!.events[0]!.event).toBe('e5')
  })

  it('drops nothing while every answer is 500', async () => {
    const { platform, core, track } = start()
    track(500)
    for (let round = 0; round < 400; round++) {
      for (const request of [...platform.open]) request.answer({ status: 500 })
      await platform.advance(30_000)
    }
    expect(core.stats()).toMatchObject({ queued: 500, dropped: {} })
    expect(Math.min(...platform.sent.map(({ body }) => names(body).length))).toBe(10)
  })

  it('refuses the newest event when the queue is full, and says so', async () => {
    const { platform, core, drops } = start({ maxQueueBytes: 1_000 })
    const kept = Array.from({ length: 20 }, (_, at) =>
      core.enqueue({ type: 'track', event: `e${at}`, user_id: 'u' }),
    )
    const room = kept.indexOf(false)
    expect(room).toBeGreaterThan(3)
    expect(kept.slice(room)).not.toContain(true)
    expect(drops.map(({ reason }) => reason)).toEqual(kept.slice(room).map(() => 'queue_full'))
    expect(core.stats()).toMatchObject({ tracked: 20, queued: room, dropped: { queue_full: 20 - room } })
    await platform.advance(1_000)
    expect(platform.sent[0]!.query).toMatch(new RegExp(`&dropped=queue_full:${20 - room}$`))
  })

  it('reports a loss until it was heard, and then no more', async () => {
    const { platform, core, track, accept } = start({ enabled: true })
    core.enqueue({ type: 'track', event: 'x' }, 'consent')
    track(10)
    await platform.advance(0)
    platform.open[0]!.answer({ status: 503 })
    await platform.advance(1_000)
    expect(platform.sent[1]!.query).toMatch(/&dropped=consent:1&retried=1$/)
    platform.open[0]!.answer(accept)
    track(10, 10)
    await platform.advance(0)
    expect(platform.sent[2]!.query).toMatch(/^sent_at=[^&]+$/)
  })

  it('flush resolves when all is answered, and honestly when it is not', async () => {
    const { platform, core, track, accept } = start()
    track(3)
    const first = core.flush()
    track(1, 3)
    await platform.advance(0)
    platform.open[0]!.answer(accept)
    expect(await first).toEqual({ delivered: 4, dropped: {}, remaining: 0 }) // the one after it went along
    track(2, 10)
    const second = core.flush()
    await platform.advance(0)
    platform.open[0]!.answer({ status: 0 })
    await platform.advance(5_000)
    for (const request of [...platform.open]) request.answer({ status: 0 })
    expect((await second).remaining).toBeGreaterThan(0)
  })

  it('flush does not wait for a pause that outlasts it', async () => {
    const { platform, core, track } = start()
    track(10)
    await platform.advance(0)
    platform.open[0]!.answer({ status: 503, retryAfter: '60' })
    await platform.advance(0)
    expect(await core.flush()).toEqual({ delivered: 0, dropped: {}, remaining: 10 })
  })

  it('waits for the answer when it may wait for ever', async () => {
    const { platform, core, track, accept } = start()
    track(10)
    const flushed = core.flush(Infinity)
    const report = core.shutdown(2 ** 31)
    await platform.advance(60_000)
    platform.open[0]!.answer(accept)
    expect(await flushed).toMatchObject({ delivered: 10, remaining: 0 })
    expect(await report).toMatchObject({ delivered: 10, remaining: 0 })
  })

  it('shutdown reports what was not delivered and what is in doubt', async () => {
    const { platform, core, track, drops } = start({ maxInFlight: 1 })
    track(25)
    const report = core.shutdown(3_000)
    expect(core.shutdown()).toBe(report)
    expect(core.enqueue({ type: 'track', event: 'late', user_id: 'u' })).toBe(false)
    await platform.advance(3_000)
    expect(await report).toEqual({
      delivered: 0,
      dropped: { shutdown: 1 },
      remaining: 25,
      kept: 0,
      inDoubt: 10,
    })
    expect(core.stats()).toMatchObject({ tracked: 26, queued: 0, dropped: { shutdown: 26 } })
    expect(drops.at(-1)).toMatchObject({ reason: 'shutdown' })
    expect(platform.clock.timers()).toBe(0)
  })

  it('stops sending while it is held', async () => {
    const { platform, core, track } = start()
    core.hold(true)
    track(30)
    await platform.advance(10_000)
    expect(platform.sent).toHaveLength(0)
    expect(core.unsent().map(({ text }) => (JSON.parse(text) as { event: string }).event)).toEqual(
      Array.from({ length: 30 }, (_, at) => `e${at}`),
    )
    core.settle(
      core
        .unsent()
        .slice(0, 12)
        .map(({ id }) => id),
      'delivered',
    )
    expect(core.stats()).toMatchObject({ queued: 18, delivered: 12 })
    core.hold(false)
    await platform.advance(0)
    expect(names(platform.sent[0]!.body)[0]).toBe('e12')
  })

  it('counts an event once that a callback settles while its batch is being refused', async () => {
    const { platform, core, track } = start({
      onError: () =>
        core.settle(
          core.unsent().map(({ id }) => id),
          'consent',
        ),
    })
    track(10)
    await platform.advance(0)
    platform.open[0]!.answer({ status: 400 })
    await platform.advance(0)
    expect(core.stats()).toMatchObject({ tracked: 10, queued: 0, dropped: { consent: 10 } })
    expect(core.stats().dropped).not.toHaveProperty('refused')
  })

  it('begins a last request at once, held or not, and sends on what did not fit', async () => {
    const { platform, core, track, accept } = start()
    track(10)
    await platform.advance(0)
    platform.open[0]!.answer({ status: 503, retryAfter: '60' })
    await platform.advance(0)
    core.hold(true)
    const [first] = core.unsent()
    expect(core.leave(3 * first!.bytes + 10)).toHaveLength(3)
    await platform.settle()
    expect(platform.open.map(({ isLast, body }) => [isLast, names(body)])).toEqual([
      [true, ['e0', 'e1', 'e2']],
    ])
    expect(core.leave(first!.bytes)).toEqual([]) // no room for the brackets
    core.hold(false)
    platform.open[0]!.answer(accept)
    await platform.advance(60_000)
    expect(names(platform.open[0]!.body)).toEqual(['e3', 'e4', 'e5', 'e6', 'e7', 'e8', 'e9'])
    platform.open[0]!.answer(accept)
    await platform.advance(0)
    expect(core.stats()).toMatchObject({ delivered: 10, queued: 0 })
  })

  it('takes into a last request, while the server asked for a pause, only what goes with the page', async () => {
    const store: Store = {
      append: () => true,
      flush: () => undefined,
      remove: () => undefined,
      survives: ({ text }) => !text.includes('"e9"'),
    }
    const { platform, core, track, accept } = start({}, { store })
    track(9)
    void core.flush()
    await platform.advance(0)
    platform.open[0]!.answer({ status: 429, retryAfter: '60' })
    await platform.advance(0)
    expect(core.leave(10_000)).toEqual([])
    expect(platform.open).toEqual([])
    track(2, 9)
    expect(core.leave(10_000)).toHaveLength(1)
    await platform.settle()
    expect(names(platform.open[0]!.body)).toEqual(['e9'])
    platform.open[0]!.answer(accept)
    await platform.advance(60_000)
    expect(names(platform.open[0]!.body)).toEqual([
      'e0',
      'e1',
      'e2',
      'e3',
      'e4',
      'e5',
      'e6',
      'e7',
      'e8',
      'e10',
    ])
    platform.open[0]!.answer(accept)
    await platform.advance(0)
    expect(core.stats()).toMatchObject({ delivered: 11, queued: 0 })
  })

  it('survives callbacks that throw', () => {
    const broken = () => {
      throw new Error('theirs')
    }
    const { platform, core, track } = start({ onDrop: broken, onError: broken, beforeSend: broken })
    track(1)
    expect(core.stats().dropped).toEqual({ before_send: 1 })
    expect(platform.warnings).toEqual([
      'callback_failed beforeSend Error: theirs',
      'callback_failed onDrop Error: theirs',
    ])
    const odd = start({
      beforeSend() {
        // Callers may; it has no text.
        throw Object.create(null)
      },
    })
    odd.track(1)
    expect(odd.core.stats().dropped).toEqual({ before_send: 1 })
  })
})

// Several tabs of one site: one of them sends, none loses anything, none sends twice what was answered.
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { expected, inChromium, track, until } from './in-chromium.ts'

inChromium('several tabs', (stage) => {
  const senders = () => new Set(stage.sink.requests.map(({ headers }) => headers.referer))
  const all = (count: number) =>
    until(
      () => stage.sink.names(),
      (names) => names.length >= count,
    )
  const queues = (pages: readonly Page[]) =>
    Promise.all(pages.map((page) => page.evaluate(() => window.penstock.stats().queued)))

  it('let one send for five, each event once, and each tab knows what became of its own', async () => {
    const context = await stage.visitor()
    // The full address as referrer tells which tab sent a request.
    stage.site.pages.set('/0', referring)
    for (let at = 0; at < 5; at++) stage.site.pages.set(`/${at}`, referring)
    const pages: Page[] = []
    for (let at = 0; at < 5; at++) pages.push(await stage.open(context, `/${at}`))
    for (let round = 0; round < 4; round++) {
      await Promise.all(pages.map((page, at) => track(page, 5, at * 100 + round * 5)))
    }
    const names = await all(100)
    expect(names.sort()).toEqual(pages.flatMap((_, at) => expected(20, at * 100)).sort())
    await until(
      () => queues(pages),
      (queued) => queued.every((count) => count === 0),
    )
    expect(stage.sink.accepted()).toHaveLength(100)
    expect(senders().size).toBe(1)
    for (const page of pages.slice(1)) {
      expect(await page.evaluate(() => window.penstock.stats())).toMatchObject({ tracked: 20, delivered: 20 })
    }
  })

  it('hand over also what they may not store', async () => {
    const context = await stage.visitor()
    const options = { persistence: 'memory' } as const
    const pages = [await stage.open(context, '/', options), await stage.open(context, '/', options)]
    await track(pages[1]!, 5)
    expect(await all(5)).toEqual(expected(5))
  })

  it('tell each other of refusals', async () => {
    const context = await stage.visitor()
    const [, second] = [await stage.open(context), await stage.open(context)]
    stage.sink.answer = ({ events }) => ({
      rejected: events.map((_, index) => ({ index, code: 'id_illegal' })),
    })
    await track(second, 3)
    await until(
      () => second.evaluate(() => window.penstock.stats()),
      ({ dropped }) => dropped.refused === 3,
    )
  })

  it('elect another sender when the one is closed', async () => {
    const context = await stage.visitor()
    const first = await stage.open(context)
    const second = await stage.open(context)
    await track(first, 5)
    await all(5)
    await first.close()
    await track(second, 5, 5)
    expect(await all(10)).toEqual(expected(10))
    await track(second, 5, 10)
    expect(await all(15)).toEqual(expected(15))
  })

  it('send on leaving when they have inherited that', async () => {
    const context = await stage.visitor()
    const options = { persistence: 'memory', flushIntervalMs: 60_000 } as const
    const first = await stage.open(context, '/', options)
    const second = await stage.open(context, '/', options)
    await track(second, 5)
    await second.evaluate(() => void window.penstock.flush())
    await all(5) // the first one has answered the second
    await first.close()
    await until(
      () => second.evaluate(async () => (await navigator.locks.query()).held?.length ?? 0),
      (held) => held === 1,
    )
    await track(second, 1, 5)
    await second.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden' })
      document.dispatchEvent(new Event('visibilitychange'))
    })
    expect(await all(6)).toEqual(expected(6))
  })

  it('all stop, drop and forget when one opts out, and go on as somebody new when one opts in again', async () => {
    const context = await stage.visitor()
    const sender = await stage.open(context)
    await track(sender, 1)
    await all(1)
    const other = await stage.open(context)
    stage.sink.answer = () => 503
    await track(sender, 2, 1)
    await track(other, 2, 3)
    await until(
      () => sender.evaluate(() => window.penstock.stats().queued),
      (queued) => queued === 4, // the other tab's as well
    )
    await other.evaluate(() => window.penstock.optOut())
    await until(
      () => queues([sender, other]),
      (queued) => queued.every((count) => count === 0),
    )
    await sender.evaluate(() => window.penstock.reset())
    await track(sender, 1, 5)
    expect(await other.evaluate(() => Object.keys(localStorage))).toEqual(['penstock:pk_test:consent'])
    expect(await sender.evaluate(() => window.penstock.stats().dropped)).toMatchObject({ consent: 5 })

    stage.sink.answer = () => 202
    await other.evaluate(() => window.penstock.optIn())
    await until(
      () => other.evaluate(() => localStorage.getItem('penstock:pk_test:consent')),
      (consent) => consent === 'granted',
    )
    await track(other, 1, 6)
    await until(
      () => stage.sink.names(),
      (names) => names.includes('e6'),
    )
    expect(stage.sink.names()).toEqual(['e0', 'e6'])
    const [before, after] = [stage.sink.accepted()[0], stage.sink.accepted().at(-1)]
    expect([before?.anonymous_id === after?.anonymous_id, before?.session_id === after?.session_id]).toEqual([
      false,
      false,
    ])
  })

  it('elect another sender when the one hangs', async () => {
    const context = await stage.visitor()
    const first = await stage.open(context)
    const second = await stage.open(context)
    await track(first, 1, 100)
    await all(1)
    // Busy for longer than anybody waits, as a suspended tab is.
    const busy = first.evaluate(() => {
      const until = Date.now() + 7_000
      while (Date.now() < until);
    })
    await track(second, 5)
    expect((await all(6)).slice(1)).toEqual(expected(5))
    await busy
    await track(first, 5, 5)
    expect((await all(11)).slice(1)).toEqual(expected(10))
  })

  it('are harmless without Web Locks: both send, each event arrives', async () => {
    const context = await stage.visitor()
    await context.addInitScript('Object.defineProperty(navigator, "locks", { value: undefined })')
    const pages = [await stage.open(context), await stage.open(context)]
    await Promise.all(pages.map((page, at) => track(page, 20, at * 20)))
    expect((await all(40)).sort()).toEqual(expected(40).sort())
  })

  it('are one visitor and one session with one order', async () => {
    const context = await stage.visitor()
    const first = await stage.open(context)
    const second = await stage.open(context)
    // What one tab wrote to web storage is seen in a tab of another process a moment later.
    const visits = () =>
      Promise.all(
        [first, second].map((page) => page.evaluate(() => localStorage.getItem('penstock:pk_test') ?? '{}')),
      )
    const seenByBoth = (next: number) =>
      until(visits, (texts) => texts.every((text) => (JSON.parse(text) as { n?: number }).n === next))
    await track(first, 1)
    await seenByBoth(1)
    await track(second, 1, 1)
    await seenByBoth(2)
    await first.evaluate(() => window.penstock.identify('u1'))
    await seenByBoth(3)
    await track(second, 1, 2)
    await all(3)
    await until(
      () => stage.sink.accepted(),
      (events) => events.length >= 4,
    )
    const events = [...stage.sink.accepted()].sort((a, b) => a.seq! - b.seq!)
    expect(new Set(events.map(({ anonymous_id }) => anonymous_id)).size).toBe(1)
    expect(new Set(events.map(({ session_id }) => session_id)).size).toBe(1)
    expect(events.map(({ seq }) => seq)).toEqual([0, 1, 2, 3])
    expect(events.map(({ user_id }) => user_id)).toEqual([undefined, undefined, 'u1', 'u1'])
  })
})

const referring = {
  html: '<!doctype html><title>tab</title><script src="/index.js"></script>',
  headers: { 'referrer-policy': 'unsafe-url' },
}

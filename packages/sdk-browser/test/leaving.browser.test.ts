// A page that ends, in every way a page can end: what was tracked arrives.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchChromium } from '@penstock/test-kit'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { CHROMIUM, create, expected, inChromium, settled, track, until } from './in-chromium.ts'

/** How many events the page's database holds. */
const storedEvents = () =>
  new Promise<number>((resolve) => {
    const request = indexedDB.open('penstock:pk_test')
    request.onsuccess = () => {
      const counting = request.result.transaction('queue').objectStore('queue').count()
      counting.onsuccess = () => {
        request.result.close()
        resolve(counting.result)
      }
    }
  })

inChromium('a page that ends', (stage) => {
  const all = (count: number) =>
    until(
      () => stage.sink.names(),
      (names) => names.length >= count,
    )

  it('delivers 50 events when it navigates at once', async () => {
    const page = await stage.open(await stage.visitor(), '/', { flushIntervalMs: 60_000 })
    await page.evaluate((to) => {
      for (let at = 0; at < 50; at++) window.penstock.track(`e${at}`)
      location.href = to
    }, `${stage.site.otherUrl}/elsewhere`)
    expect(await all(50)).toEqual(expected(50))
    expect(stage.sink.preflights).toBe(0)
  })

  it('delivers what does not fit a last request from the next page of the site', async () => {
    const page = await stage.open(await stage.visitor(), '/', { flushIntervalMs: 60_000 })
    await page.evaluate(() => {
      for (let at = 0; at < 300; at++) window.penstock.track(`e${at}`, { text: 'x'.repeat(500) })
      location.href = '/next'
    })
    await page.waitForURL('**/next')
    await create(page, stage.sink)
    expect((await all(300)).sort()).toEqual(expected(300).sort())
  })

  it('delivers 50 events when its tab is closed at once', async () => {
    const page = await stage.open(await stage.visitor(), '/', { flushIntervalMs: 60_000 })
    await track(page, 50)
    await page.close({ runBeforeUnload: true })
    expect(await all(50)).toEqual(expected(50))
  })

  it('delivers when it is closed before any tab was elected to send', async () => {
    const context = await stage.visitor()
    await context.addInitScript(lateLocks(60_000))
    const page = await stage.open(context, '/', { flushIntervalMs: 60_000 })
    await track(page, 50)
    await page.close({ runBeforeUnload: true })
    expect(await all(50)).toEqual(expected(50))
  })

  it('sends at once what came while it was hidden and waited for its election', async () => {
    const context = await stage.visitor()
    await context.addInitScript(lateLocks(500))
    const page = await stage.open(context, '/', { flushIntervalMs: 60_000 })
    await hide(page)
    await track(page, 5)
    expect(await all(5)).toEqual(expected(5))
  })

  it('sends on when it is hidden, and not again when it is shown again', async () => {
    const context = await stage.visitor()
    const page = await stage.open(context, '/', { flushIntervalMs: 60_000 })
    await track(page, 5)
    await hide(page)
    await all(5)
    await until(
      () => page.evaluate(() => window.penstock.stats()),
      ({ queued, delivered }) => queued === 0 && delivered === 5,
    )
    await page.evaluate(() => window.penstock.flush())
    await page.reload()
    await create(page, stage.sink)
    await page.evaluate(() => window.penstock.flush())
    expect(stage.sink.accepted()).toHaveLength(5)
  })

  it('continues when it comes back from the back/forward cache, and sends nothing twice that it saw answered', async () => {
    const context = await stage.visitor()
    const page = await stage.open(context, '/first')
    await page.evaluate(() => {
      addEventListener('pageshow', (event) => ((window as { back?: boolean }).back = event.persisted))
    })
    await track(page, 5)
    await settled(page)
    await page.goto(`${stage.site.url}/second`)
    await create(page, stage.sink)
    await track(page, 5, 5)
    await settled(page)
    await page.goBack({ waitUntil: 'commit' })
    expect(await page.evaluate(() => (window as { back?: boolean }).back)).toBe(true)
    await track(page, 5, 10)
    expect(await all(15)).toEqual(expected(15))
    await until(
      () => page.evaluate(() => window.penstock.stats()),
      ({ tracked, delivered }) => tracked === 10 && delivered === 10,
    )
    expect(stage.sink.accepted()).toHaveLength(15)
  })

  it('does not send again, back from the cache, what the next page found stored and sent', async () => {
    const page = await stage.open(await stage.visitor(), '/first', { flushIntervalMs: 60_000 })
    stage.sink.answer = () => 503
    await track(page, 5)
    // A write that is cut short by leaving is made up for on return, and then they are sent once more.
    await until(
      () => page.evaluate(storedEvents),
      (count) => count === 5,
    )
    await page.goto(`${stage.site.url}/second`)
    // The first page's last request may come after the second page did: taken then, it would be a copy.
    await until(
      () => stage.sink.requests.length,
      (count) => count > 0,
    )
    stage.sink.answer = () => 202
    await create(page, stage.sink)
    await all(5)
    // Until the second page has read the answer and removed them, they are stored, and the first may send them again.
    await settled(page)
    await until(
      () => page.evaluate(storedEvents),
      (count) => count === 0,
    )
    const before = stage.sink.accepted().length
    await page.goBack({ waitUntil: 'commit' })
    await until(
      () => page.evaluate(() => window.penstock.stats()),
      ({ queued }) => queued === 0,
    )
    expect(stage.sink.accepted()).toHaveLength(before)
  })

  it('delivers what was stored when the browser is killed and started again', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'penstock-profile-'))
    stage.sink.answer = () => 'cut'
    const first = await launchChromium(CHROMIUM.path!, directory)
    const page = await first.profile.newPage()
    await page.goto(stage.site.url)
    await create(page, stage.sink, { flushIntervalMs: 60_000 })
    await track(page, 50)
    await until(
      () => page.evaluate(() => indexedDB.databases().then((all) => all.length)),
      (count) => count > 0,
    )
    await page.waitForTimeout(300)
    await first.kill()
    stage.sink.reset()
    const second = await launchChromium(CHROMIUM.path!, directory)
    const again = await second.profile.newPage()
    await again.goto(stage.site.url)
    await create(again, stage.sink)
    expect(await all(50)).toEqual(expected(50))
    expect(stage.sink.accepted()).toHaveLength(50)
    await second.close()
    rmSync(directory, { recursive: true, force: true })
  })
})

const hide = (page: Page) =>
  page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  })

/** A browser that takes its time with the first lock. */
const lateLocks = (delayMs: number) => `
  const request = LockManager.prototype.request
  LockManager.prototype.request = function (...given) {
    return new Promise((resolve) => setTimeout(resolve, ${delayMs})).then(() => request.apply(this, given))
  }`

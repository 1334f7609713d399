// Pages that take things away: storage that is denied or full, a strict policy, no network, privacy controls.
import { expect, it } from 'vitest'
import { create, expected, inChromium, settled, track, until } from './in-chromium.ts'

const STRICT = (sink: string) =>
  `default-src 'none'; script-src 'self'; connect-src ${sink}; require-trusted-types-for 'script'`

inChromium('a page', (stage) => {
  const all = (count: number) =>
    until(
      () => stage.sink.names(),
      (names) => names.length >= count,
    )
  const stats = (page: Awaited<ReturnType<typeof stage.open>>) => page.evaluate(() => window.penstock.stats())

  it('that denies every storage still delivers, warns once, and throws nothing', async () => {
    const context = await stage.visitor()
    await context.addInitScript(`
      for (const name of ['localStorage', 'sessionStorage', 'indexedDB'])
        Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError') } })
      Object.defineProperty(document, 'cookie', { get() { throw new DOMException('denied', 'SecurityError') } })
    `)
    const page = await context.newPage()
    const said: string[] = []
    const failed: Error[] = []
    page.on('console', (message) => said.push(message.text()))
    page.on('pageerror', (error) => failed.push(error))
    await page.goto(stage.site.url)
    await create(page, stage.sink)
    await track(page, 20)
    expect(await all(20)).toEqual(expected(20))
    await settled(page)
    await track(page, 5, 20)
    await all(25)
    expect(failed).toEqual([])
    expect(said.filter((line) => line.includes('store_failed'))).toHaveLength(1)
  })

  it('whose storage is full keeps events in memory and delivers them', async () => {
    const context = await stage.visitor()
    await context.addInitScript(`
      IDBObjectStore.prototype.put = function () { throw new DOMException('full', 'QuotaExceededError') }
      Storage.prototype.setItem = function () { throw new DOMException('full', 'QuotaExceededError') }
    `)
    const page = await stage.open(context)
    await track(page, 20)
    expect(await all(20)).toEqual(expected(20))
    await settled(page)
    expect(await stats(page)).toMatchObject({ tracked: 20, delivered: 20, dropped: {} })
  })

  it('that kept events in an older format is not disturbed by them', async () => {
    const context = await stage.visitor()
    const page = await context.newPage()
    await page.goto(stage.site.url)
    await page.evaluate(
      (name) =>
        new Promise<void>((resolve, reject) => {
          const request = indexedDB.open(name, 1)
          request.onupgradeneeded = () => request.result.createObjectStore('events').put('{}', 'some-id')
          request.onsuccess = () => {
            request.result.close()
            resolve()
          }
          request.onerror = () => reject(new Error('not made'))
        }),
      'penstock:pk_test',
    )
    await create(page, stage.sink)
    await track(page, 20)
    expect(await all(20)).toEqual(expected(20))
    await settled(page)
    expect(await stats(page)).toMatchObject({ tracked: 20, restored: 0, delivered: 20, dropped: {} })
  })

  it('without IndexedDB stores in localStorage, and the next page delivers', async () => {
    const context = await stage.visitor()
    await context.addInitScript('Object.defineProperty(window, "indexedDB", { value: undefined })')
    stage.sink.answer = () => 'cut'
    const page = await stage.open(context, '/', { flushIntervalMs: 60_000 })
    await track(page, 20)
    await page.waitForTimeout(100)
    await page.goto(`${stage.site.url}/next`)
    stage.sink.answer = () => 202
    await create(page, stage.sink)
    expect(await all(20)).toEqual(expected(20))
    await settled(page)
    expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes(':e:')))).toEqual(
      [],
    )
  })

  it('fills no more than its share of localStorage', async () => {
    const context = await stage.visitor()
    await context.addInitScript('Object.defineProperty(window, "indexedDB", { value: undefined })')
    const page = await stage.open(context, '/', { flushIntervalMs: 60_000 })
    stage.sink.answer = () => 'cut'
    await page.evaluate(() => {
      for (let at = 0; at < 500; at++) window.penstock.track('e', { text: 'x'.repeat(2_000) })
    })
    await page.waitForTimeout(200)
    const used = await page.evaluate(() =>
      Object.keys(localStorage).reduce((sum, key) => sum + (localStorage.getItem(key) ?? '').length, 0),
    )
    expect(used).toBeGreaterThan(100_000)
    expect(used).toBeLessThan(270_000)
  })

  it('under a strict policy with Trusted Types works, and violates nothing', async () => {
    stage.site.pages.set('/', { headers: { 'content-security-policy': STRICT(stage.sink.url) } })
    const context = await stage.visitor()
    await context.addInitScript(
      'window.violations = []; document.addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective))',
    )
    const page = await stage.open(context, '/', { pageViews: true })
    await track(page, 3)
    expect(await all(3)).toEqual(expected(3))
    expect(await page.evaluate('window.violations')).toEqual([])
  })

  it('that is offline keeps what is tracked and delivers when it is online again', async () => {
    const context = await stage.visitor()
    const page = await stage.open(context)
    await context.setOffline(true)
    await track(page, 20)
    await page.waitForTimeout(500)
    expect(await stats(page)).toMatchObject({ queued: 20, delivered: 0 })
    await context.setOffline(false)
    expect(await all(20)).toEqual(expected(20))
    expect(stage.sink.accepted()).toHaveLength(20)
  })

  it('with Global Privacy Control sends nothing until the visitor opts in', async () => {
    const context = await stage.visitor()
    await context.addInitScript('Object.defineProperty(navigator, "globalPrivacyControl", { value: true })')
    const page = await stage.open(context)
    await track(page, 3)
    await page.evaluate(() => window.penstock.flush(100))
    expect(await stats(page)).toMatchObject({ tracked: 3, dropped: { consent: 3 } })
    expect(await context.cookies()).toEqual([])
    expect(await page.evaluate(() => localStorage.length)).toBe(0)
    await page.evaluate(() => window.penstock.optIn())
    await track(page, 2, 3)
    expect(await all(2)).toEqual(expected(2, 3))
    await page.reload()
    await create(page, stage.sink)
    await track(page, 1, 5)
    expect(await all(3)).toEqual(expected(3, 3))
  })

  it('with pending consent stores and sends nothing, and everything after the opt-in', async () => {
    const context = await stage.visitor()
    const page = await stage.open(context, '/', { consent: 'pending' })
    await track(page, 5)
    await page.waitForTimeout(300)
    expect(stage.sink.requests).toEqual([])
    expect(await context.cookies()).toEqual([])
    expect(
      await page.evaluate(async () => [localStorage.length, (await indexedDB.databases()).length]),
    ).toEqual([0, 0])
    await page.evaluate(() => window.penstock.optIn())
    expect(await all(5)).toEqual(expected(5))
    await settled(page)
    await page.evaluate(() => window.penstock.optOut())
    await track(page, 5, 5)
    expect(await stats(page)).toMatchObject({ tracked: 10, delivered: 5, dropped: { consent: 5 } })
    expect(await context.cookies()).toEqual([])
    await page.reload()
    await create(page, stage.sink)
    await track(page, 1)
    expect(await stats(page)).toMatchObject({ tracked: 1, dropped: { consent: 1 } })
  })

  it('in memory mode stores nothing at all', async () => {
    const context = await stage.visitor()
    const page = await stage.open(context, '/', { persistence: 'memory' })
    await track(page, 5)
    await all(5)
    expect(await context.cookies()).toEqual([])
    expect(
      await page.evaluate(async () => [
        localStorage.length,
        sessionStorage.length,
        (await indexedDB.databases()).length,
      ]),
    ).toEqual([0, 0, 0])
  })
})

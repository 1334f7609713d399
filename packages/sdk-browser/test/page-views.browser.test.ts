// Page views, sessions, campaigns and identity as pages really behave.
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { create, inChromium, settled, track, until } from './in-chromium.ts'

inChromium('a visit', (stage) => {
  const views = () =>
    stage.sink
      .accepted()
      .filter(({ type }) => type === 'page')
      .map(({ context }) => new URL(context!.page!.url).pathname + new URL(context!.page!.url).search)
  const viewed = (count: number) => until(views, (seen) => seen.length >= count)
  const still = async (page: Page, expectedViews: string[]) => {
    await viewed(expectedViews.length)
    await page.waitForTimeout(300)
    expect(views()).toEqual(expectedViews)
  }
  const open = async (path = '/') => stage.open(await stage.visitor(), path, { pageViews: true })

  it('counts the first page once, also when the application counts it itself', async () => {
    const page = await open('/a')
    await page.evaluate(() => {
      window.penstock.page()
      window.penstock.page()
    })
    await still(page, ['/a'])
  })

  it('counts each navigation without a load once, redirects as one, rewritten queries as none', async () => {
    const page = await open('/a')
    await viewed(1)
    await page.evaluate(async () => {
      const pause = () => new Promise((resolve) => setTimeout(resolve, 200))
      history.pushState({}, '', '/b')
      document.title = 'Title of b'
      await pause()
      history.replaceState({}, '', '/b?sort=up')
      history.replaceState({}, '', '/b?sort=down')
      await pause()
      history.pushState({}, '', '/c')
      history.replaceState({}, '', '/c/start')
      await pause()
      history.pushState({}, '', '/c/start#part')
      await pause()
      history.pushState({}, '', '/c/start?page=2')
      await pause()
      history.back()
      await pause()
    })
    await still(page, ['/a', '/b', '/c/start', '/c/start?page=2', '/c/start'])
    const second = stage.sink.accepted().filter(({ type }) => type === 'page')[1]
    expect(second?.context?.page).toMatchObject({ title: 'Title of b', referrer: `${stage.site.url}/a` })
  })

  it('puts the page view before what happens on the page, and loses none when it is left at once', async () => {
    const page = await open('/a')
    await track(page, 1)
    await page.evaluate((to) => {
      history.pushState({}, '', '/b')
      location.href = to
    }, `${stage.site.otherUrl}/elsewhere`)
    await viewed(2)
    const types = [...stage.sink.accepted()]
      .sort((a, b) => a.seq! - b.seq!)
      .map(({ type, seq }) => [type, seq])
    expect(types).toEqual([
      ['page', 0],
      ['track', 1],
      ['page', 2],
    ])
  })

  it('remembers its campaign for the session', async () => {
    const page = await open('/?utm_source=mail&utm_campaign=autumn')
    await settled(page)
    await page.goto(`${stage.site.url}/next`)
    await create(page, stage.sink)
    await track(page, 1)
    await until(
      () => stage.sink.names(),
      (names) => names.length === 1,
    )
    for (const { context } of stage.sink.accepted())
      expect(context?.campaign).toEqual({ source: 'mail', name: 'autumn' })
  })

  it('ends its session after 30 idle minutes and after 24 hours', async () => {
    const page = await stage.open(await stage.visitor())
    const later = (minutes: number) =>
      page.evaluate((ms) => {
        const now = Date.now.bind(Date)
        Date.now = () => now() + ms
      }, minutes * 60_000)
    await track(page, 1)
    await later(29)
    await track(page, 1, 1)
    await later(31)
    await track(page, 1, 2)
    for (let step = 0; step < 50; step++) {
      await later(29)
      await track(page, 1, 3 + step)
    }
    await until(
      () => stage.sink.names(),
      (names) => names.length === 53,
    )
    const sessions = stage.sink.accepted().map(({ session_id }) => session_id)
    expect(sessions[1]).toBe(sessions[0])
    expect(sessions[2]).not.toBe(sessions[1])
    expect(new Set(sessions.slice(2)).size).toBe(2)
    expect(stage.sink.accepted()[2]?.seq).toBe(0)
  })

  it('becomes somebody else at reset, and never links two users to one anonymous id', async () => {
    const page = await stage.open(await stage.visitor())
    await page.evaluate(() => {
      const { penstock } = window
      penstock.track('anonymous')
      penstock.identify('u1', { plan: 'pro' })
      penstock.identify('undefined')
      penstock.track('first')
      penstock.identify('u2')
      penstock.reset()
      penstock.group('g1')
      penstock.track('nobody')
    })
    await until(
      () => stage.sink.accepted(),
      (events) => events.length === 8 - 1,
    )
    const [anonymous, u1, wrong, first, u2, group, nobody] = stage.sink.accepted()
    expect([anonymous?.user_id, u1?.user_id, wrong?.user_id, first?.user_id]).toEqual([
      undefined,
      'u1',
      'undefined',
      'u1',
    ])
    expect(u1?.anonymous_id).toBe(anonymous?.anonymous_id)
    expect(u2?.anonymous_id).not.toBe(u1?.anonymous_id)
    expect(nobody?.user_id).toBeUndefined()
    expect(nobody?.anonymous_id).not.toBe(u2?.anonymous_id)
    expect(nobody?.session_id).not.toBe(u2?.session_id)
    expect([group, nobody].map((event) => (event as { group_id?: string }).group_id)).toEqual(['g1', 'g1'])
  })

  it('goes on when localStorage was cleared, by its cookie, and when cookies were, by localStorage', async () => {
    const context = await stage.visitor()
    const page = await stage.open(context)
    const visitor = async (at: number) => {
      await track(page, 1, at)
      await settled(page)
      return stage.sink.accepted().at(-1)!.anonymous_id
    }
    const first = await visitor(0)
    await page.evaluate(() => localStorage.clear())
    await page.reload()
    await create(page, stage.sink)
    expect(await visitor(1)).toBe(first)
    await context.clearCookies()
    await page.reload()
    await create(page, stage.sink)
    expect(await visitor(2)).toBe(first)
  })
})

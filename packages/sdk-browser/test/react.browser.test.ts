// The React entry in strict mode, which renders and runs effects twice.
import { expect, it } from 'vitest'
import { inChromium, until } from './in-chromium.ts'

inChromium('the React entry', (stage) => {
  it('counts each place once and tracks, in strict mode', async () => {
    stage.site.pages.set('/', {
      html: '<!doctype html><title>react</title><div id="root"></div><script src="/index.js"></script><script src="/react.js"></script>',
    })
    const page = await stage.open(await stage.visitor())
    await page.evaluate(`window.renderApp(window.penstock, document.getElementById('root'))`)
    await page.click('#go')
    await page.click('#go')
    await page.click('#buy')
    await until(
      () => stage.sink.accepted(),
      (events) => events.some(({ event }) => event === 'Bought'),
    )
    expect(
      stage.sink.accepted().map(({ type, event, properties }) => [type, event ?? '', properties ?? {}]),
    ).toEqual([
      ['page', '', {}],
      ['page', '', {}],
      ['page', '', {}],
      ['track', 'Bought', { place: '/2' }],
    ])
  })

  it('says what is missing when there is no provider', async () => {
    stage.site.pages.set('/', {
      html: '<!doctype html><title>react</title><div id="root"></div><script src="/index.js"></script><script src="/react.js"></script>',
    })
    const page = await stage.open(await stage.visitor())
    const failure = page.waitForEvent('pageerror')
    await page.evaluate(`window.renderApp(null, document.getElementById('root'))`)
    expect((await failure).message).toContain('PenstockProvider')
  })
})

// The script tag from the real gateway: stub, pinned file with integrity, strict policy; and the events in the answers.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { builtProgram, freePort, launch, type Program } from '@penstock/test-kit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { inChromium, until } from './in-chromium.ts'

inChromium('the script tag', (stage) => {
  let gateway: string
  let program: Program
  let directory: string

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'penstock-script-tag-'))
    const port = await freePort()
    gateway = `http://127.0.0.1:${port}`
    program = launch({
      args: [builtProgram(), 'dev'],
      env: { PENSTOCK_PORT: String(port), PENSTOCK_DATA_DIR: directory },
      url: gateway,
    })
    if ((await program.ready) === null) throw new Error(program.output())
  })
  afterAll(async () => {
    program.kill('SIGTERM')
    await program.exited
    rmSync(directory, { recursive: true, force: true })
  })

  const answer = async (path: string) =>
    (await (await fetch(gateway + path, { headers: { authorization: 'Bearer rk_dev' } })).json()) as {
      data: { event: string; events: number; users: number }[]
    }
  const counted = () => answer('/v1/analytics/top-events?limit=100')

  /** A page with nothing inline: the stub is a file, too. */
  function pageWith(tag: string): void {
    stage.site.pages.set('/stub.js', {
      html: `(window.penstock = window.penstock || []).push(['track', 'Seen', { by: 'stub' }], ['identify', 'u1'])`,
      headers: { 'content-type': 'text/javascript' },
    })
    stage.site.pages.set('/', {
      html: `<!doctype html><title>shop</title><script src="/stub.js"></script>${tag}`,
      headers: {
        'content-security-policy': `default-src 'none'; script-src 'self' ${gateway}; connect-src ${gateway}; require-trusted-types-for 'script'`,
      },
    })
  }

  it('sends what the stub took and counts the page, under a strict policy, with integrity', async () => {
    const { file, integrity } = (await (await fetch(`${gateway}/sdk/integrity.json`)).json()) as {
      file: string
      integrity: string
    }
    pageWith(
      `<script async crossorigin src="${gateway}${file}" integrity="${integrity}" data-write-key="pk_dev" data-flush-interval-ms="100"></script>`,
    )
    const context = await stage.visitor()
    const page = await context.newPage()
    const said: string[] = []
    page.on('console', (message) => said.push(message.text()))
    page.on('pageerror', (error) => said.push(error.message))
    await page.goto(stage.site.url)
    await page.waitForFunction('window.penstock.stats !== undefined')
    await page.evaluate(() => window.penstock.track('Clicked'))
    const { data } = await until(counted, ({ data }) => data.length === 3)
    expect(data.map(({ event, events, users }) => [event, events, users]).sort()).toEqual([
      ['$page', 1, 1],
      ['Clicked', 1, 1],
      ['Seen', 1, 1],
    ])
    // Chromium says favicon errors of its own.
    expect(said.filter((line) => !line.includes('favicon'))).toEqual([])
  })

  it('does not run when its bytes are not those of the integrity value', async () => {
    pageWith(
      `<script async crossorigin src="${gateway}/sdk/penstock.js" integrity="sha384-${'A'.repeat(64)}" data-write-key="pk_dev"></script>`,
    )
    const page = await (await stage.visitor()).newPage()
    await page.goto(stage.site.url)
    await page.waitForTimeout(500)
    expect(await page.evaluate('Array.isArray(window.penstock)')).toBe(true)
  })

  it('makes one client when the tag is there twice, and takes calls pushed later', async () => {
    const tag = `<script async src="${gateway}/sdk/penstock.js" data-write-key="pk_dev" data-page-views="false" data-flush-interval-ms="100"></script>`
    pageWith(tag + tag)
    const page = await (await stage.visitor()).newPage()
    await page.goto(stage.site.url, { waitUntil: 'load' })
    await page.waitForFunction('window.penstock.stats !== undefined')
    await page.evaluate(`window.penstock.push(['track', 'Later'], ['nonsense'])`)
    await until(
      () => page.evaluate(() => window.penstock.stats()),
      ({ tracked, delivered }) => tracked === 3 && delivered === 3,
    )
    const { data } = await until(counted, ({ data }) => data.some(({ event }) => event === 'Later'))
    expect(data.find(({ event }) => event === 'Later')?.events).toBe(1)
  })
})

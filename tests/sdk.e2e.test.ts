// From track() to the answers: two SDKs send while the server is killed with -9 and started again five times, and in the end the
// analytics numbers are those of the calls. What is expected is counted at the calls.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findChromium, launchChromium, REPOSITORY } from '@penstock/test-kit'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type EmbeddedServer, startEmbeddedServer, WRITE_KEY } from './sdk/embedded-server.ts'
import { keepTracking } from './sdk/keep-tracking.ts'
import { serveFiles } from './sdk/serve-files.ts'

const KILLS = 5
const PAUSE_MS = 600
const chromium = findChromium()

let server: EmbeddedServer
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'penstock-spool-'))
  server = await startEmbeddedServer()
})
afterAll(async () => {
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Kills and restarts; `tracking` is told to go on until the last restart is over. */
async function killFiveTimes(): Promise<void> {
  for (let kill = 0; kill < KILLS; kill++) {
    await pause(PAUSE_MS)
    await server.killAndRestart()
  }
  await pause(PAUSE_MS)
}

it(
  'counts what the Node SDK tracked, with the spool on, while the server is killed five times',
  { timeout: 120_000 },
  async () => {
    const tracker = keepTracking({ url: server.url, writeKey: WRITE_KEY, directory })
    await killFiveTimes()
    await tracker.stop()
    const expected = await tracker.deliver(60_000)
    expect(tracker.penstock.stats().retried).toBeGreaterThan(0) // else the kills hit nothing

    await server.waitForNumbers(Object.fromEntries(expected.map(({ event, events }) => [event, events])))
    const answers = await server.topEvents()
    for (const { event, events, users } of expected) expect(answers.get(event)).toEqual({ events, users })
  },
)

it.skipIf(chromium.path === null)(
  `counts what a page tracked while the server is killed five times${chromium.path === null ? ` (skipped: ${chromium.missing})` : ''}`,
  { timeout: 120_000 },
  async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `import { createPenstock } from '@penstock/browser'; window.createPenstock = createPenstock`,
        resolveDir: REPOSITORY,
      },
      bundle: true,
      format: 'iife',
      write: false,
      tsconfig: join(REPOSITORY, 'tsconfig.json'),
      logLevel: 'error',
    })
    const site = await serveFiles({
      '/': '<!doctype html><title>shop</title><script src="/sdk.js"></script>',
      '/sdk.js': outputFiles[0]!.text,
    })
    const browser = await launchChromium(chromium.path!)
    try {
      const page = await browser.profile.newPage()
      await page.goto(site.url)
      await page.evaluate(`
        window.penstock = createPenstock({ writeKey: '${WRITE_KEY}', host: '${server.url}', flushIntervalMs: 50, pageViews: false })
        window.tracked = 0
        window.timer = setInterval(() => { if (penstock.track('Clicked', { number: tracked + 1 })) tracked += 1 }, 10)`)
      await killFiveTimes()
      await page.evaluate('clearInterval(timer)')
      // Again and again: one flush may end before the server has started.
      await expect
        .poll(() => page.evaluate('penstock.flush(1000).then(() => penstock.stats().queued)'), {
          timeout: 60_000,
        })
        .toBe(0)
      const tracked = await page.evaluate<number>('tracked')
      expect(await page.evaluate('penstock.stats()')).toMatchObject({
        tracked,
        delivered: tracked,
        dropped: {},
      })
      expect(tracked).toBeGreaterThan(200)
      await server.waitForNumbers({ Clicked: tracked })
      expect((await server.topEvents()).get('Clicked')).toEqual({ events: tracked, users: 1 })
    } finally {
      await browser.close()
      await site.close()
    }
  },
)

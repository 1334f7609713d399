// From track() to the answers: two SDKs send while the server is killed with -9 and started again five times, and in the end the
// analytics numbers are those of the calls. What is expected is counted here, at the calls.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPenstock } from '@penstock/node'
import { findChromium, launchChromium, REPOSITORY } from '@penstock/test-kit'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type EmbeddedServer, startEmbeddedServer, WRITE_KEY } from './sdk/embedded-server.ts'
import { serveFiles } from './sdk/serve-files.ts'

const KILLS = 5
const PAUSE_MS = 600
const NAMES = ['Signed Up', 'Order Completed', 'Searched', 'Ünïcödé 🎈']
const USERS = 150
/** Per step of 5 ms. */
const EVENTS_A_STEP = 8
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
    const penstock = createPenstock({
      writeKey: WRITE_KEY,
      host: server.url,
      spool: { directory },
      flushIntervalMs: 50,
      maxBatchEvents: 100,
    })
    const counts = new Map<string, number>()
    const users = new Map<string, Set<string>>()
    let number = 0
    let over = false
    const tracking = (async () => {
      while (!over) {
        for (let step = 0; step < EVENTS_A_STEP; step++) {
          const event = NAMES[number % NAMES.length]!
          const userId = `user ${(number * 7) % USERS}`
          number += 1
          expect(penstock.track({ userId, event, properties: { number } })).toBe(true)
          counts.set(event, (counts.get(event) ?? 0) + 1)
          users.set(event, (users.get(event) ?? new Set()).add(userId))
        }
        await penstock.ready()
        await pause(5)
      }
    })()
    await killFiveTimes()
    over = true
    await tracking
    const report = await penstock.shutdown({ timeoutMs: 60_000 })
    expect(report).toMatchObject({ remaining: 0, dropped: {} })
    expect(penstock.stats()).toMatchObject({ tracked: number, delivered: number, queued: 0, dropped: {} })
    expect(penstock.stats().retried).toBeGreaterThan(0) // else the kills hit nothing

    await server.waitForNumbers(Object.fromEntries(counts))
    const answers = await server.topEvents()
    for (const name of NAMES)
      expect(answers.get(name)).toEqual({ events: counts.get(name), users: users.get(name)!.size })
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
      await page.waitForFunction(
        'penstock.flush(1000).then(() => penstock.stats().queued === 0)',
        undefined,
        {
          timeout: 60_000,
        },
      )
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

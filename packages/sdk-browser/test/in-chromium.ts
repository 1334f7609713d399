// What every browser test file begins with: a Chromium, a site and a sink. Without a Chromium the file is skipped and says why.
import type { BrowserContext, Page } from 'playwright-core'
import { type Chromium, findChromium, launchChromium } from '@penstock/test-kit'
import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import type { Penstock } from '../src/index.ts'
import type { BrowserOptions } from '../src/options.ts'
import { type Sink, startSink } from './sink.ts'
import { type Site, startSite } from './site.ts'

declare global {
  interface Window {
    sdk: { createPenstock(options: BrowserOptions): Penstock }
    penstock: Penstock
  }
}

export interface Stage {
  chromium: Chromium
  site: Site
  sink: Sink
  /** A profile of its own, in memory; closed after the test. */
  visitor(): Promise<BrowserContext>
  /** Opens a page of the site and makes a client there, as `window.penstock`. */
  open(context: BrowserContext, path?: string, options?: Partial<BrowserOptions>): Promise<Page>
}

export const CHROMIUM = findChromium()

export function inChromium(name: string, tests: (stage: Stage) => void): void {
  if (CHROMIUM.path === null) process.stderr.write(`[penstock] ${name}: skipped, ${CHROMIUM.missing}\n`)
  describe.skipIf(CHROMIUM.path === null)(name, () => {
    const stage = {} as Stage
    const contexts: BrowserContext[] = []
    beforeAll(async () => {
      stage.site = await startSite()
      stage.sink = await startSink()
      stage.chromium = await launchChromium(CHROMIUM.path!)
      stage.visitor = async () => {
        const context = await stage.chromium.browser.newContext()
        contexts.push(context)
        return context
      }
      stage.open = async (context, path = '/', options = {}) => {
        const page = await context.newPage()
        await page.goto(stage.site.url + path)
        await create(page, stage.sink, options)
        return page
      }
    })
    afterEach(async () => {
      stage.sink.release()
      await Promise.all(contexts.splice(0).map((context) => context.close()))
      stage.sink.reset() // after the last requests of the pages
      stage.site.pages.clear()
    })
    afterAll(async () => {
      await stage.chromium.close()
      await stage.site.close()
      await stage.sink.close()
    })
    tests(stage)
  })
}

/** Makes a client in a page. Page views are off unless asked for: most tests count their own events. */
export async function create(page: Page, sink: Sink, options: Partial<BrowserOptions> = {}): Promise<void> {
  const given = { writeKey: 'pk_test', host: sink.url, pageViews: false, flushIntervalMs: 100, ...options }
  // As text: Playwright's types cannot follow options that hold functions, which cannot cross to the page anyway.
  await page.evaluate(`window.penstock = window.sdk.createPenstock(${JSON.stringify(given)})`)
}

/** Waits until `condition` holds; fails with what was seen last. */
export async function until<Seen>(
  look: () => Seen | Promise<Seen>,
  condition: (seen: Seen) => boolean,
  timeoutMs = 10_000,
): Promise<Seen> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const seen = await look()
    if (condition(seen)) return seen
    if (Date.now() > deadline)
      throw new Error(`waited ${timeoutMs} ms; at last: ${JSON.stringify(seen)?.slice(0, 2_000)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Waits until the page has seen everything answered, and has stored that. */
export async function settled(page: Page): Promise<void> {
  await until(
    () => page.evaluate(() => window.penstock.stats().queued),
    (queued) => queued === 0,
  )
  await page.waitForTimeout(50)
}

export const track = (page: Page, count: number, from = 0) =>
  page.evaluate(
    ([many, first]) => {
      for (let at = 0; at < many!; at++) window.penstock.track(`e${first! + at}`, { at })
    },
    [count, from],
  )

export const expected = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => `e${from + at}`)

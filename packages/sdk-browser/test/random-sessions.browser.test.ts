// Sessions of random commands on up to three tabs, with a gateway that fails in every way: in the end every event that
// `track()` took has arrived, and all copies of one are the same. A red session is repeated with its number:
// PENSTOCK_TEST_SEED=7 runs session 7 alone.
import { isDeepStrictEqual } from 'node:util'
import type { BrowserContext, Page } from 'playwright-core'
import { createRandom } from '@penstock/test-kit'
import { expect, it } from 'vitest'
import { create, inChromium, until } from './in-chromium.ts'

const ONLY = process.env['PENSTOCK_TEST_SEED']
const SESSIONS = process.env['TEST_FULL'] === '1' ? 200 : 25
const COMMANDS = 10

inChromium('sessions of random commands', (stage) => {
  const seeds = ONLY === undefined ? Array.from({ length: SESSIONS }, (_, at) => at + 1) : [Number(ONLY)]

  it(`lose nothing (${seeds.length} sessions)`, { timeout: seeds.length * 20_000 }, async () => {
    for (const seed of seeds) await session(seed)
  })

  async function session(seed: number): Promise<void> {
    const random = createRandom(seed)
    const context = await stage.visitor()
    const tabs: Page[] = []
    const taken: string[] = []
    let next = 0

    const trackIn = async (page: Page, count: number, then = '') => {
      const first = next
      next += count
      // In one go with what follows, so that nothing has time to be written in between.
      const kept = (await page.evaluate(`(() => {
        const kept = []
        for (let at = ${first}; at < ${first + count}; at++) kept.push(penstock.track('e' + at, { at }))
        ${then}
        return kept
      })()`)) as boolean[]
      kept.forEach((was, at) => was && taken.push(`e${first + at}`))
    }
    const openTab = async () => void tabs.push(await stage.open(context, random.pick(['/', '/a', '/b'])))
    const commands: [weight: number, run: (page: Page) => Promise<unknown>][] = [
      [6, (page) => trackIn(page, 1 + random.int(0, 19))],
      [2, (page) => page.evaluate(() => void window.penstock.flush(1_000))],
      [2, (page) => page.evaluate(() => void window.penstock.identify('u1'))],
      [
        2,
        async (page) => {
          await trackIn(page, 1 + random.int(0, 59), `setTimeout(() => (location.href = '/n'), 0)`)
          await page.waitForURL('**/n')
          await create(page, stage.sink)
        },
      ],
      [
        1,
        async (page) => {
          await page.reload()
          await create(page, stage.sink)
        },
      ],
      [1, async () => (tabs.length < 3 ? openTab() : undefined)],
      [
        1,
        async (page) => {
          if (tabs.length < 2) return
          await trackIn(page, 5)
          tabs.splice(tabs.indexOf(page), 1)
          await page.close({ runBeforeUnload: true })
        },
      ],
      [1, () => context.setOffline(true)],
      [2, () => context.setOffline(false)],
      [
        2,
        () => {
          const status = random.pick([202, 202, 503, 500, 429, 'cut'] as const)
          stage.sink.answer = () => status
          return Promise.resolve()
        },
      ],
    ]
    const weighted = commands.flatMap(([weight, run]) => Array<typeof run>(weight).fill(run))

    await openTab()
    for (let at = 0; at < COMMANDS; at++) await random.pick(weighted)(random.pick(tabs))
    await recover(context)
    const arrived = await until(
      () => new Set(stage.sink.names()),
      (names) => taken.every((name) => names.has(name)),
      15_000,
    ).catch((error: unknown) => {
      throw new Error(
        `session ${seed}: lost ${taken.filter((name) => !stage.sink.names().includes(name)).join()}`,
        {
          cause: error,
        },
      )
    })
    expect([seed, arrived.size]).toEqual([seed, taken.length])
    const first = new Map<string, unknown>()
    for (const event of stage.sink.requests.flatMap(({ events }) => events)) {
      const known = first.get(event.event_id)
      if (known === undefined) first.set(event.event_id, event)
      else expect([seed, isDeepStrictEqual(known, event)]).toEqual([seed, true])
    }
    await context.close()
    stage.sink.reset()
  }

  /** All is well again, and somebody visits the site. */
  async function recover(context: BrowserContext): Promise<void> {
    stage.sink.answer = () => 202
    await context.setOffline(false)
    const page = await stage.open(context, '/last')
    await page.evaluate(() => void window.penstock.flush())
  }
})

// The contract that both SDKs fulfil, in a page of a real Chromium, across origins.
import { type SdkOptions, type SdkUnderTest, describeSdk } from '@penstock/test-kit/contracts'
import { inChromium } from './in-chromium.ts'

inChromium('the browser SDK', (stage) => {
  const open = async (options: SdkOptions): Promise<SdkUnderTest> => {
    const context = await stage.visitor()
    const page = await context.newPage()
    await page.goto(stage.site.url)
    await page.evaluate(`window.drops = []; window.errors = []`)
    // Room for 10,000 events of this suite, each of which names its page.
    const given = { pageViews: false, maxQueueBytes: 67_108_864, ...options }
    await page.evaluate(`window.penstock = window.sdk.createPenstock({
      ...${JSON.stringify(given)},
      onDrop: (events, reason) => window.drops.push({ events, reason }),
      onError: (error) => window.errors.push(error.code),
    })`)
    const ask = <Answer>(code: string) => page.evaluate(code) as Promise<Answer>
    return {
      run: (code) => ask(`(async () => { const { track } = window.penstock; ${code} })()`),
      flush: (timeoutMs) => ask(`window.penstock.flush(${timeoutMs ?? ''})`),
      shutdown: (timeoutMs) => ask(`window.penstock.shutdown({ timeoutMs: ${timeoutMs} })`),
      stats: () => ask('window.penstock.stats()'),
      drops: () => ask('window.drops'),
      errors: () => ask('window.errors'),
      close: () => context.close(),
    }
  }
  describeSdk('browser', open, { repeats408: true })
})

// A small program that tracks, to be ended in every way a program can end. What it does stands in TRACKER, a JSON object.
import { openSync, writeSync } from 'node:fs'
import { createPenstock } from '../../src/index.ts'

export interface TrackerPlan {
  host: string
  /** What to do after the events are tracked. */
  end: 'natural' | 'exit' | 'sigterm' | 'load' | 'drain'
  count: number
  /** Name of every event; its number is a property. */
  name: string
  spool?: { directory: string; fsync?: boolean; maxBytes?: number }
  /** Gets one line per event that `ready()` covered: its id. */
  ledger?: string
  shutdownTimeoutMs?: number
}

const plan = JSON.parse(process.env['TRACKER'] as string) as TrackerPlan
const penstock = createPenstock({
  writeKey: 'pk_dev',
  host: plan.host,
  flushIntervalMs: 50,
  ...(plan.spool === undefined ? {} : { spool: plan.spool }),
  ...(plan.shutdownTimeoutMs === undefined ? {} : { shutdownTimeoutMs: plan.shutdownTimeoutMs }),
})
let number = 0

/** Returns the id. */
function track(): string {
  const eventId = crypto.randomUUID()
  penstock.track({ userId: 'u1', event: plan.name, eventId, properties: { number: number++ } })
  return eventId
}

const say = (value: unknown) => writeSync(1, `${JSON.stringify(value)}\n`)

if (plan.end === 'load') {
  const ledger = openSync(plan.ledger as string, 'a')
  say('tracking')
  // Bursts and lone events: the spool writes them differently.
  for (let round = 0; ; round++) {
    const ids = Array.from({ length: round % 2 === 0 ? 50 : 1 }, track)
    await penstock.ready()
    writeSync(ledger, ids.join('\n') + '\n')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
} else if (plan.end === 'drain') {
  for (let quiet = 0; quiet < 5;) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    quiet = penstock.stats().queued === 0 ? quiet + 1 : 0
  }
  say({ stats: penstock.stats() })
  say({ report: await penstock.shutdown() })
} else {
  for (let at = 0; at < plan.count; at++) track()
  if (plan.end === 'exit') process.exit(0)
  if (plan.end === 'sigterm') {
    // The snippet of the docs.
    process.once('SIGTERM', () => {
      void penstock.shutdown().then((report) => {
        say({ report })
        process.exit(0)
      })
    })
    const server = setInterval(() => undefined, 1_000)
    say('waiting')
    server.ref()
  }
}

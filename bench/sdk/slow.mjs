// A server that answers after 2 s: the Node SDK beside the floor and the published SDKs, all at the same time, each with a sink of its own.
// More is offered than fits through; what back-pressure there is holds it. Ends with 1 when one of our bars is missed.
//   node bench/sdk/slow.mjs [--seconds 45] [--no-peers]
import { parseArgs } from 'node:util'
import { installPeers, measureSideBySide, settings } from './measure.mjs'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '45' }, peers: { type: 'boolean', default: true } },
  allowNegative: true,
})
const ANSWER_MS = 2_000
const seconds = Number(values.seconds)
const load = { mode: 'steady', rate: 2_000, seconds, endSeconds: seconds }
/** 4 batches of 500 on their way make 1,000 events/s; a batch or two is on its way when the time is up. */
const BARS = { perSecond: 900, growthMiB: 20 }

const RUNS = ['floor-undici', 'penstock', 'penstock-spool'].map((name) => ({ name }))
for (const name of values.peers && installPeers() ? ['posthog', 'segment', 'mixpanel'] : [])
  RUNS.push({ name, tuned: false }, { name, tuned: true })

const behaviour = { delayMs: ANSWER_MS }
const results = await measureSideBySide(
  RUNS.map((run) => ({ ...run, behaviour })),
  load,
)
const missed = []
process.stdout.write(
  '| SDK | settings | tracked | arrived | missing | extra copies | events/s | RSS MiB, first third / at most |\n',
)
process.stdout.write('| --- | --- | --- | --- | --- | --- | --- | --- |\n')
for (const result of results) report(result)
for (const line of missed) process.stdout.write(`missed: ${line}\n`)
process.exitCode = missed.length === 0 ? 0 : 1

function report({ name, tuned, tracked, arrived, distinct, ms, rssThirdMiB, rssMiB }) {
  const perSecond = Math.round((distinct / ms) * 1000)
  const cells = [
    name,
    settings({ tuned }),
    tracked,
    distinct,
    tracked - distinct,
    arrived - distinct,
    perSecond,
    `${rssThirdMiB.toFixed(0)} / ${rssMiB.toFixed(0)}`,
  ]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
  if (!name.startsWith('penstock')) return
  if (arrived !== tracked || distinct !== tracked) missed.push(`${name}: not each event arrived once`)
  if (perSecond < BARS.perSecond) missed.push(`${name}: ${perSecond} events/s, bar ${BARS.perSecond}`)
  const growth = rssMiB - rssThirdMiB
  if (growth > BARS.growthMiB)
    missed.push(`${name}: ${growth.toFixed(0)} MiB more than in the first third, bar ${BARS.growthMiB}`)
}

// A gateway in trouble (faults.mjs): the Node SDK beside the floor and the published SDKs, all faults at the same time, each SDK and fault with
// a sink of its own. Ends with 1 when one of our bars is missed: each event arrives, again only after an answer to it was lost, memory stays flat.
//   node bench/sdk/trouble.mjs [--down-seconds 20] [--faults down,429] [--no-peers]
import { parseArgs } from 'node:util'
import { FAULTS } from './faults.mjs'
import { installPeers, measureSideBySide, settings } from './measure.mjs'

const { values } = parseArgs({
  options: {
    'down-seconds': { type: 'string', default: '20' },
    faults: { type: 'string', default: FAULTS.join() },
    peers: { type: 'boolean', default: true },
  },
  allowNegative: true,
})
const downSeconds = Number(values['down-seconds'])
const load = { mode: 'steady', rate: 1_000, seconds: downSeconds + 20, endSeconds: 30 }
const GROWTH_MIB = 20
/** While it is down a quarter of the queue fills first, which takes most of a minute: flat can only be what comes after. */
const FULL_MIB = 200
const fills = (fault) => fault === 'down' && downSeconds < 180

const OURS = ['floor-undici', 'penstock', 'penstock-spool'].map((name) => ({ name }))
/** As they come; mixpanel's sends batches only when its caller collects them. */
const PEERS = [
  { name: 'posthog', tuned: false },
  { name: 'segment', tuned: false },
  { name: 'mixpanel', tuned: true },
]

const atTheSameTime = (sdks) =>
  measureSideBySide(
    values.faults
      .split(',')
      .flatMap((fault) => sdks.map((sdk) => ({ fault, ...sdk, behaviour: { fault, downSeconds } }))),
    load,
  )
// The others after ours: they take more than this machine has.
const results = await atTheSameTime(OURS)
if (values.peers && installPeers()) results.push(...(await atTheSameTime(PEERS)))

const missed = []
process.stdout.write(
  '| gateway | SDK | settings | tracked | missing | requests struck | extra copies | without a lost answer | RSS MiB, first third / at most |\n',
)
process.stdout.write('| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n')
for (const result of results) report(result)
for (const line of missed) process.stdout.write(`missed: ${line}\n`)
process.exitCode = missed.length === 0 ? 0 : 1

function report({ fault, name, tuned, tracked, arrived, distinct, surplus, faults, rssThirdMiB, rssMiB }) {
  const cells = [
    fault,
    name,
    settings({ tuned }),
    tracked,
    tracked - distinct,
    fault === 'down' ? '' : faults,
    arrived - distinct,
    surplus,
    `${rssThirdMiB.toFixed(0)} / ${rssMiB.toFixed(0)}`,
  ]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
  if (!name.startsWith('penstock')) return
  if (distinct !== tracked) missed.push(`${fault}, ${name}: ${tracked - distinct} lost`)
  if (surplus > 0) missed.push(`${fault}, ${name}: ${surplus} copies although an answer had come`)
  if (fills(fault)) {
    if (rssMiB > FULL_MIB) missed.push(`${fault}, ${name}: ${rssMiB.toFixed(0)} MiB, bar ${FULL_MIB}`)
  } else if (rssMiB - rssThirdMiB > GROWTH_MIB) {
    const growth = (rssMiB - rssThirdMiB).toFixed(0)
    missed.push(`${fault}, ${name}: ${growth} MiB more than in the first third, bar ${GROWTH_MIB}`)
  }
}

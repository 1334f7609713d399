// The Node SDK beside a floor and three published SDKs, in one run, on one sink. Ends with 1 when one of our bars is missed.
//   node bench/sdk/run.mjs [--rounds 3] [--no-peers]
import { parseArgs } from 'node:util'
import { installPeers, measure, settings, startSink } from './measure.mjs'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, peers: { type: 'boolean', default: true } },
  allowNegative: true,
})
const ROUNDS = Number(values.rounds)
const MANY = 200_000
const PEER_MANY = 50_000

const RUNS = [
  { name: 'floor-undici', mode: 'paced', events: MANY },
  { name: 'penstock', mode: 'paced', events: MANY, bar: { perSecond: 150_000, rssMiB: 250 } },
  { name: 'penstock-spool', mode: 'paced', events: MANY, bar: { perSecond: 100_000 } },
  { name: 'penstock', mode: 'loop', events: 50_000, bar: { rssMiB: 200, p50Micros: 3, p99Micros: 15 } },
]
for (const name of values.peers && installPeers() ? ['posthog', 'segment', 'mixpanel'] : []) {
  for (const tuned of [false, true]) {
    RUNS.push(
      { name, tuned, mode: 'paced', events: PEER_MANY },
      { name, tuned, mode: 'loop', events: PEER_MANY },
    )
  }
}

const sink = await startSink()
const missed = []
process.stdout.write(
  '| SDK | settings | how | arrived | events/s | CPU µs/event | RSS MiB | track() p50 / p99 µs |\n',
)
process.stdout.write('| --- | --- | --- | --- | --- | --- | --- | --- |\n')
for (const run of RUNS) {
  const rounds = []
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(run, sink))
  report(run, rounds)
}
sink.stop()
for (const line of missed) process.stdout.write(`missed: ${line}\n`)
process.exitCode = missed.length === 0 ? 0 : 1

function report({ name, tuned, mode, events, bar = {} }, rounds) {
  const median = (field) => rounds.map((round) => round[field]).sort((a, b) => a - b)[rounds.length >> 1]
  const arrived = Math.min(...rounds.map((round) => round.arrived))
  const times = mode === 'loop' ? `${median('p50Micros').toFixed(1)} / ${median('p99Micros').toFixed(1)}` : ''
  const cells = [
    name,
    settings({ tuned }),
    mode,
    `${arrived}/${events}`,
    Math.round(median('perSecond')),
    median('cpuMicros').toFixed(1),
    median('rssMiB').toFixed(0),
    times,
  ]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
  if (name.startsWith('penstock') && arrived < events)
    missed.push(`${name} ${mode}: ${events - arrived} lost`)
  for (const [field, limit] of Object.entries(bar)) {
    const figure = median(field)
    if (field === 'perSecond' ? figure < limit : figure > limit) {
      missed.push(`${name} ${mode}: ${field} ${figure.toFixed(1)}, bar ${limit}`)
    }
  }
}

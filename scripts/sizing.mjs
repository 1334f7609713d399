// `node scripts/sizing.mjs [--events-per-day N] [--bytes-per-event N] …`: how much of everything an installation needs.
// Constants are measurements (docs/operations/sizing.md); each is a flag, so that your own can take its place. `--write`
// puts the example into that page; without it the table goes to standard output.
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

// name → [default, what it is]
const FLAGS = {
  'events-per-day': [50_000_000, 'accepted events'],
  'bytes-per-event': [550, 'JSON of one event as sent'],
  'peak-factor': [5, 'busiest minute against the mean'],
  'gateway-us': [
    6,
    'CPU of a gateway for an event in batches of 100 (npm run bench -- gateway prints yours)',
  ],
  'worker-us': [
    150,
    'CPU of a worker for an event; a sum of two benchmarks (docs/operations/sizing.md): take rate(process_cpu_seconds_total) / rate(penstock_events_stored_total) of yours',
  ],
  'use-percent': [60, 'how far cores are filled at the peak'],
  'events-per-message': [100, 'events that share one sync of the log'],
  'head-bytes': [64, 'what the log keeps beside an event'],
  'outage-hours': [6, 'how long ClickHouse may be down before senders see 503'],
  'registry-days': [35, 'how long copies are recognised'],
  'registry-bytes': [80, 'one registry row on disk (compose-check, 43,000 events)'],
  'hot-days': [90, 'PENSTOCK_HOT_RETENTION_DAYS'],
  'hot-bytes': [240, 'one event with its timeline rows on disk (the same)'],
  'cold-days': [730, 'how long answers reach back'],
  'cold-bytes': [65, 'one row of events_v1 on disk (the same; yours: docs/operations/clickhouse.md)'],
  'cql-copies': [3, 'replication of ScyllaDB'],
  'cold-copies': [1, 'replicas of ClickHouse'],
}

export function sizing(given = {}) {
  const v = Object.fromEntries(
    Object.entries(FLAGS).map(([name, [fallback]]) => [name, given[name] ?? fallback]),
  )
  const mean = v['events-per-day'] / 86_400
  const peak = mean * v['peak-factor']
  const cores = (us) => (peak * us) / 1e6 / (v['use-percent'] / 100)
  const stored = v['bytes-per-event'] + v['head-bytes']
  const days = (n, bytes, copies) => v['events-per-day'] * n * bytes * copies
  return [
    ['mean, peak', `${round(mean)} and ${round(peak)} events/s`],
    ['gateway cores', `${round(cores(v['gateway-us']))} busy; two gateways at least`],
    ['worker cores', `${round(cores(v['worker-us']))} busy; two workers at least`],
    ['log: bandwidth at the peak', `${size(peak * stored)}/s`],
    ['log: syncs at the peak', `${round(peak / v['events-per-message'])} a second`],
    [
      `log: room for ${v['outage-hours']} h without ClickHouse`,
      size(peak * stored * v['outage-hours'] * 3600),
    ],
    [
      `ScyllaDB: registry, ${v['registry-days']} days × ${v['cql-copies']}`,
      size(days(v['registry-days'], v['registry-bytes'], v['cql-copies'])),
    ],
    [
      `ScyllaDB: timelines, ${v['hot-days']} days × ${v['cql-copies']}`,
      size(days(v['hot-days'], v['hot-bytes'], v['cql-copies'])),
    ],
    [
      `ClickHouse: ${v['cold-days']} days × ${v['cold-copies']}, and as much again for merges`,
      size(2 * days(v['cold-days'], v['cold-bytes'], v['cold-copies'])),
    ],
  ]
}

function round(value) {
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return Number(value.toPrecision(2)).toString()
}

function size(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  const step = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  return `${round(bytes / 1000 ** step)} ${units[step]}`
}

export const table = (rows) =>
  ['| what | needs |', '| --- | --- |', ...rows.map((cells) => `| ${cells.join(' | ')} |`)].join('\n')

if (process.argv[1]?.endsWith('sizing.mjs')) {
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(Object.keys(FLAGS).map((name) => [name, { type: 'string' }])),
      help: { type: 'boolean' },
      write: { type: 'boolean' },
    },
  })
  if (values.help === true) {
    for (const [name, [fallback, about]] of Object.entries(FLAGS))
      console.log(`--${name.padEnd(20)} ${about} (${fallback})`)
  } else if (values.write === true) {
    const page = new URL('../docs/operations/sizing.md', import.meta.url)
    const text = readFileSync(page, 'utf8')
    writeFileSync(
      page,
      text.replace(/(<!-- sizing:start -->\n)[\s\S]*(<!-- sizing:end -->)/, `$1\n${table(sizing())}\n\n$2`),
    )
  } else {
    const given = Object.fromEntries(
      Object.entries(values).map(([name, text]) => [name, positive(name, text)]),
    )
    console.log(table(sizing(given)))
  }
}

function positive(name, text) {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  console.error(`--${name} must be a number above 0`)
  process.exit(64)
}

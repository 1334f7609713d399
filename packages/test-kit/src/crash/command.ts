// `npm run torture`: flags in, a report out (JSON on stdout, progress and a summary on stderr), exit code 0 only when clean.
// Only this file of the folder touches argv and the process.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { builtProgram, REPOSITORY } from '../program/built-program.ts'
import { keepEveryRow } from '../program/keep-every-row.ts'
import { describeClusterReport, tortureCluster } from '../cluster/torture-cluster.ts'
import { REACHABLE_FAILPOINTS } from './nemesis.ts'
import { describeReport } from './torture-report.ts'
import { runTorture } from './torture.ts'

const HELP = `npm run torture -- [options]: kill -9 under load, then count every event

  --distributed          the services with NATS, a CQL server and ClickHouse instead of one process: each of them is killed,
                         the next one once all are ready, and a worker is stopped past its lease
  --least-of-each N      with --distributed: go on until each was hit this often (default 1)
  --minutes N            how long rounds go on (default 1)
  --seed S               decides what is sent and how the program dies (default: the time)
  --events-per-second N  entries sent a second while the program is up (default 5000)
  --writers N            writers at once (default 6)
  --kill-after MS-MS     time from ready to a random kill (default 1000-4000)
  --failpoints all|none  die at each numbered step at least once (default all)
  --failpoint-share X    share of the other rounds that die at a step (default 0.1)
  --least-kills N        go on until there were this many kills (default 0)
  --merges on|off        off: the cold store keeps every row, also those that merges would tidy up (default on)
  --directory DIR        emptied, then holds data, ledger and report (default tmp/torture)
  --program FILE         the built program (default: this clone's)
`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      distributed: { type: 'boolean', default: false },
      'least-of-each': { type: 'string', default: '1' },
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
      'events-per-second': { type: 'string', default: '5000' },
      writers: { type: 'string', default: '6' },
      'kill-after': { type: 'string', default: '1000-4000' },
      failpoints: { type: 'string', default: 'all' },
      'failpoint-share': { type: 'string', default: '0.1' },
      'least-kills': { type: 'string', default: '0' },
      merges: { type: 'string', default: 'on' },
      directory: { type: 'string', default: join(REPOSITORY, 'tmp', 'torture') },
      program: { type: 'string' },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const say = (line: string) => void process.stderr.write(`${new Date().toISOString()} ${line}\n`)
  if (values.distributed) {
    const report = await tortureCluster({
      directory: values.directory,
      seed: number(values.seed),
      durationMs: number(values.minutes) * 60_000,
      leastOfEach: number(values['least-of-each']),
      eventsPerSecond: number(values['events-per-second']),
      writers: number(values.writers),
      receipts: 2000,
      catchUpMs: 300_000,
      say,
    })
    process.stderr.write(`${describeClusterReport(report)}\n`)
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    return report.clean ? 0 : 1
  }
  const [least, most] = values['kill-after'].split('-').map(number)
  const report = await runTorture({
    args: [values.program ?? builtProgram(), 'dev'],
    env: {},
    directory: values.directory,
    seed: number(values.seed),
    durationMs: number(values.minutes) * 60_000,
    eventsPerSecond: number(values['events-per-second']),
    writers: number(values.writers),
    duplicates: 0.15,
    failpoints: values.failpoints === 'all' ? REACHABLE_FAILPOINTS : [],
    failpointShare: number(values['failpoint-share']),
    killAfterMs: [least ?? 1000, most ?? least ?? 4000],
    leastKills: number(values['least-kills']),
    stepPatienceMs: 6000,
    ...(values.merges === 'off' ? { prepare: keepEveryRow } : {}),
    receipts: 2000,
    catchUpMs: 300_000,
    say,
  })
  process.stderr.write(`${describeReport(report)}\n`)
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  return report.clean ? 0 : 1
}

function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new TypeError(`${text} is no number`)
  return value
}

// An ordinary exit, so that the program under test is killed with us.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.exitCode = await main()

// `npm run torture`: flags in, a report out (JSON on stdout, progress and a summary on stderr), exit code 0 only when clean.
// Only this file of the folder touches argv and the process.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { builtProgram, REPOSITORY } from '../program/built-program.ts'
import { keepEveryRow } from '../program/keep-every-row.ts'
import { describeClusterReport } from '../cluster/cluster-report.ts'
import { CLUSTER_STEPS } from '../cluster/step-hits.ts'
import { tortureCluster } from '../cluster/torture-cluster.ts'
import { REACHABLE_FAILPOINTS } from './nemesis.ts'
import { describeReport } from './torture-report.ts'
import { runTorture } from './torture.ts'

const HELP = `npm run torture -- [options]: kill -9 under load, then count every event

  --distributed          the services with NATS, a CQL server and ClickHouse instead of one process: each of them is killed,
                         the next one once all are ready, workers are stopped past their lease, a server stays down for a while
  --minutes N            how long rounds go on (default 1)
  --seed S               decides what is sent and how the program dies (default: the time)
  --events-per-second N  entries sent a second while the program is up (default 5000; with --distributed 1500)
  --writers N            writers at once (default 6; with --distributed 12)
  --kill-after MS-MS     time from ready to a random kill (default 1000-4000)
  --failpoints all|none  die at each numbered step at least once (default all; with --distributed all from 5 minutes on)
  --failpoint-share X    share of the other rounds that die at a step (default 0.1)
  --least-kills N        go on until there were this many kills (default 0; with --distributed 10 a minute)
  --least-events N       go on until this many events were made (default 0)
  --merges on|off        off: the cold store keeps every row, also those that merges would tidy up (default on)
  --directory DIR        emptied, then holds data, ledger and report (default tmp/torture)
  --program FILE         the built program (default: this clone's)

with --distributed:
  --least-of-each N      go on until each kind of process was killed this often (default 1 a minute)
  --stops N              workers stopped past their lease (default 1 in two minutes, at least 1)
  --outage-seconds N     how long one server stays down (default 60, in runs below 2 minutes 10)
`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      distributed: { type: 'boolean', default: false },
      'least-events': { type: 'string', default: '0' },
      'least-of-each': { type: 'string' },
      stops: { type: 'string' },
      'outage-seconds': { type: 'string' },
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
      'events-per-second': { type: 'string' },
      writers: { type: 'string' },
      'kill-after': { type: 'string', default: '1000-4000' },
      failpoints: { type: 'string' },
      'failpoint-share': { type: 'string', default: '0.1' },
      'least-kills': { type: 'string' },
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
  const minutes = number(values.minutes)
  const wanted = (
    name: 'writers' | 'events-per-second' | 'least-kills' | 'least-of-each' | 'stops',
    otherwise: number,
  ) => number(values[name] ?? String(otherwise))
  if (values.distributed) {
    const steps = values.failpoints === 'all' || (values.failpoints === undefined && minutes >= 5)
    const report = await tortureCluster({
      directory: values.directory,
      seed: number(values.seed),
      durationMs: minutes * 60_000,
      leastKills: wanted('least-kills', Math.floor(10 * minutes)),
      leastEvents: number(values['least-events']),
      leastOfEach: wanted('least-of-each', Math.max(1, Math.floor(minutes))),
      stops: wanted('stops', Math.max(1, Math.floor(minutes / 2))),
      outages: 1,
      outageMs: number(values['outage-seconds'] ?? (minutes < 2 ? '10' : '60')) * 1000,
      steps: steps ? CLUSTER_STEPS : [],
      eventsPerSecond: wanted('events-per-second', 1500),
      writers: wanted('writers', 12),
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
    durationMs: minutes * 60_000,
    eventsPerSecond: wanted('events-per-second', 5000),
    writers: wanted('writers', 6),
    duplicates: 0.15,
    failpoints: values.failpoints === 'none' ? [] : REACHABLE_FAILPOINTS,
    failpointShare: number(values['failpoint-share']),
    killAfterMs: [least ?? 1000, most ?? least ?? 4000],
    leastKills: wanted('least-kills', 0),
    leastEvents: number(values['least-events']),
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

// The gateway on a real nats-server that syncs before it acknowledges, beside two others on the same server, in one run:
// `node --import tsx bench/gateway/jetstream.bench.ts [--rounds 3] [--scale 1]`. Linux: CPU time is read from /proc.
//   floor     bare node:http that parses, joins waiting bodies and publishes them; checks nothing (servers.ts)
//   floor4    the same over four streams, as many as the gateway's log has partitions; no bar, it shows what the streams alone cost
//   app       the gateway as it is in production, on a log of four partitions
//   litestar  the same contract as it is usually built: Litestar, msgspec, nats-py (litestar/), one message per request
// Bars: app ≤ 1.3 × the floor's CPU per event and ≥ 80 % of its events/s; less CPU than litestar in every cell, 4 × less at batches of 1.
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePort } from '@penstock/test-kit'
import { startNats } from '@penstock/test-kit/servers'
import { bundleServers } from './bundle-servers.ts'
import { CELLS } from './cells.ts'

type Cell = (typeof CELLS)[number]
interface Server {
  name: string
  port: number
  pid: number
  purge: () => Promise<void>
}
interface Sample {
  us: number
  perSecond: number
  brokerUs: number
}

const MOST_CPU = 1.3
const LEAST_SPEED = 0.8
const LEAST_LEAD_AT_ONE = 4
const TICKS_PER_SECOND = 100
const SYNC = 'always'
// Until everything that has to be compiled is: less, and the first cell's ratios are those of a cold start.
const WARM_UPS = 4

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, scale: { type: 'string', default: '1' } },
})
const rounds = Number(values.rounds)
const cells = CELLS.map((cell) => ({ ...cell, events: 4 * cell.events * Number(values.scale) }))
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const directory = await mkdtemp(join(tmpdir(), 'penstock-bench-'))
const nats = await startNats({ directory: join(directory, 'nats'), syncInterval: SYNC })
const children: ChildProcess[] = []

/** Of a process. Unit: microseconds; whole ticks of 10 ms. */
function cpuMicros(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6
}

async function ask<Answer>(child: ChildProcess, question: object | string): Promise<Answer> {
  const answer = once(child, 'message') as Promise<[Answer]>
  child.send(question)
  return (await answer)[0]
}

async function startNode(bundle: string, name: string): Promise<Server> {
  const child = fork(bundle, [name, join(directory, name), nats.url])
  children.push(child)
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    name,
    port,
    pid: child.pid!,
    purge: async () => {
      await ask(child, 'purge')
    },
  }
}

/** In an environment of its own below the user's cache, made once. */
async function startLitestar(): Promise<Server> {
  const home = join(
    process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
    'penstock-bench/litestar-2.25.0',
  )
  const python = join(home, 'bin/python')
  if (!existsSync(python)) {
    execFileSync('python3', ['-m', 'venv', home])
    execFileSync(python, ['-m', 'pip', 'install', '-q', '-r', here('litestar/requirements.txt')], {
      stdio: 'inherit',
    })
  }
  const stream = 'litestar'
  const { connect } = await import('@nats-io/transport-node')
  const { jetstreamManager } = await import('@nats-io/jetstream')
  const connection = await connect({ servers: nats.url })
  const manager = await jetstreamManager(connection)
  await manager.streams.add({ name: stream, subjects: [`${stream}.events`], max_bytes: 8 * 1_073_741_824 })
  const port = await freePort()
  const child = spawn(python, [here('litestar/app.py'), String(port), nats.url, stream], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  children.push(child)
  for (let tries = 0; tries < 100 && child.exitCode === null; tries++) {
    if (await fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false)) break // prettier-ignore
    await sleep(100)
  }
  return {
    name: stream,
    port,
    pid: child.pid!,
    purge: async () => {
      await manager.streams.purge(stream)
    },
  }
}

const median = (list: number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!
const missed: string[] = []

try {
  const load = fork(here('load.mjs'))
  children.push(load)
  const bundle = await bundleServers()
  const servers = [
    await startNode(bundle, 'floor'),
    await startNode(bundle, 'floor4'),
    await startNode(bundle, 'app'),
    await startLitestar(),
  ]

  async function measure({ name, port, pid, purge }: Server, cell: Cell): Promise<Sample> {
    const before = { server: cpuMicros(pid), broker: cpuMicros(nats.pid) }
    const started = performance.now()
    const { events, other } = await ask<{ events: number; other: number }>(load, { port, cell })
    const seconds = (performance.now() - started) / 1000
    if (other > 0) throw new Error(`${name}: ${other} answers were not 202`)
    const sample = {
      us: (cpuMicros(pid) - before.server) / events,
      brokerUs: (cpuMicros(nats.pid) - before.broker) / events,
      perSecond: events / seconds,
    }
    await purge()
    return sample
  }

  console.log(
    '| cell | system | µs of CPU per event | ratio to floor | events/s | ratio to floor | µs of the broker |',
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- |')
  for (const server of servers) for (let time = 0; time < WARM_UPS; time++) await measure(server, cells[0]!)
  for (const cell of cells) {
    const runs = new Map<string, Sample[]>(servers.map(({ name }) => [name, []]))
    for (const server of servers) await measure(server, cell)
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < servers.length; turn++) {
        const server = servers[(round + turn) % servers.length]!
        runs.get(server.name)!.push(await measure(server, cell))
      }
    }
    const of = (name: string, what: keyof Sample): number => median(runs.get(name)!.map((run) => run[what]))
    const ratio = (name: string, to: string, what: keyof Sample): number =>
      median(runs.get(name)!.map((run, round) => run[what] / runs.get(to)![round]![what]))
    for (const { name } of servers) {
      console.log(
        `| ${cell.name} | ${name} | ${of(name, 'us').toFixed(2)} | ${ratio(name, 'floor', 'us').toFixed(2)} | ${Math.round(of(name, 'perSecond'))} | ${ratio(name, 'floor', 'perSecond').toFixed(2)} | ${of(name, 'brokerUs').toFixed(2)} |`,
      )
    }
    const bar = (what: string, held: boolean): void => {
      if (!held) missed.push(`${cell.name}: ${what}`)
    }
    bar(`CPU ≤ ${MOST_CPU} × floor`, ratio('app', 'floor', 'us') <= MOST_CPU)
    bar(`events/s ≥ ${LEAST_SPEED} × floor`, ratio('app', 'floor', 'perSecond') >= LEAST_SPEED)
    const lead = ratio('litestar', 'app', 'us')
    bar(`less CPU than litestar (${lead.toFixed(2)} ×)`, lead > (cell.batch === 1 ? LEAST_LEAD_AT_ONE : 1))
  }
} finally {
  for (const child of children) child.kill('SIGKILL')
  await nats.stop()
  await rm(directory, { recursive: true, force: true })
}
for (const line of missed) console.log(`missed: ${line}`)
process.exitCode = missed.length === 0 ? 0 : 1

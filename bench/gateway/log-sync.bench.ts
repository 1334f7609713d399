// What it costs that an acknowledged message of the log is on the disk: `sync_interval: always` beside the default timer of two
// minutes, two nats-servers on the same disk, in turns. Appends go through the production adapter; no gateway in front.
// Run: npx tsx bench/gateway/log-sync.bench.ts [--rounds 3] [--seconds 2]. Linux: CPU time is read from /proc. No bar: a price.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { JetStreamLog } from '@penstock/pipeline/jetstream'
import { startNats, type NatsTestServer } from '@penstock/test-kit/servers'
import { cpuMicros } from '../cpu-micros.ts'
import { median, message, openBenchLog } from './bench-log.ts'

const CELLS = [
  { events: 1, inFlight: 1 },
  { events: 100, inFlight: 1 },
  { events: 100, inFlight: 8 },
  { events: 500, inFlight: 8 },
  { events: 100, inFlight: 64 },
] as const
const SETTINGS = ['always', '120s'] as const
const CAP_BYTES = 4 * 1_073_741_824

interface Side {
  setting: (typeof SETTINGS)[number]
  nats: NatsTestServer
  log: JetStreamLog
}
interface Sample {
  perSecond: number
  p50: number
  p99: number
  brokerUs: number
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '2' } },
})
const rounds = Number(values.rounds)
const forMs = Number(values.seconds) * 1_000
const directory = await mkdtemp(join(tmpdir(), 'penstock-log-sync-'))
const sides: Side[] = []

async function measure({ nats, log }: Side, chunk: Uint8Array, inFlight: number): Promise<Sample> {
  const took: number[] = []
  const cpu = cpuMicros(nats.pid)
  const started = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() - started < forMs) {
        const sent = performance.now()
        await log.append(0, chunk)
        took.push(performance.now() - sent)
      }
    }),
  )
  const seconds = (performance.now() - started) / 1_000
  const brokerUs = (cpuMicros(nats.pid) - cpu) / took.length
  await log.purge(0, (await log.end(0)).lastSeq)
  took.sort((a, b) => a - b)
  const at = (share: number): number => took[Math.floor(took.length * share)] ?? NaN
  return { perSecond: took.length / seconds, p50: at(0.5), p99: at(0.99), brokerUs }
}

try {
  for (const setting of SETTINGS) {
    const nats = await startNats({ directory: join(directory, setting), syncInterval: setting })
    sides.push({ setting, nats, log: await openBenchLog(nats.url, CAP_BYTES) })
  }
  console.log(
    '| events a message, in flight | setting | messages/s | events/s | p50 ms | p99 ms | broker µs a message |',
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- |')
  const results: object[] = []
  for (const { events, inFlight } of CELLS) {
    const chunk = message(events)
    const runs = new Map<string, Sample[]>(SETTINGS.map((setting) => [setting, []]))
    for (let round = 0; round <= rounds; round++) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        const sample = await measure(side, chunk, inFlight)
        // The first round warms up.
        if (round > 0) runs.get(side.setting)?.push(sample)
      }
    }
    const of = (setting: string, what: keyof Sample): number =>
      median((runs.get(setting) ?? []).map((sample) => sample[what]))
    for (const setting of SETTINGS) {
      const perSecond = of(setting, 'perSecond')
      console.log(
        `| ${events}, ${inFlight} | ${setting} | ${perSecond.toFixed(0)} | ${(perSecond * events).toFixed(0)} ` +
          `| ${of(setting, 'p50').toFixed(2)} | ${of(setting, 'p99').toFixed(2)} | ${of(setting, 'brokerUs').toFixed(0)} |`,
      )
    }
    results.push({ events, inFlight, share: of('always', 'perSecond') / of('120s', 'perSecond') })
  }
  console.log(JSON.stringify({ bench: 'log-sync', rounds, node: process.version, results }))
} finally {
  for (const { log, nats } of sides) {
    await log.close()
    await nats.stop()
  }
  await rm(directory, { recursive: true, force: true })
}

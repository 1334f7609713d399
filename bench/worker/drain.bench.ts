// How fast the worker empties a log, against inserting the same rows into the same table, with the same settings and block size,
// through the same ColdWriter. Both in one run, in turns, so that the machine's mood hits both. Bar: at least 33 %.
// Run: npx tsx bench/worker/drain.bench.ts [thousands of events per round] [rounds]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createLmdbEventLog,
  createLogWake,
  openChdb,
  openLmdbState,
} from '../../packages/embedded/src/index.ts'
import {
  decodeEvent,
  noFailpoint,
  type AcceptedEvent,
  type ColdRow,
} from '../../packages/pipeline/src/index.ts'
import { createClickHouseColdWriter, migrateCold } from '../../packages/pipeline/src/clickhouse/index.ts'
import { coldEvent } from '../../packages/worker/src/cold/cold-event.ts'
import { createWorker } from '../../packages/worker/src/index.ts'
import { pino } from 'pino'
import { makeChunks, type MadeEvent } from './made-events.ts'
import { createStopwatch } from './stopwatch.ts'

const EVENTS = Number(process.argv[2] ?? 100) * 1_000
const ROUNDS = Number(process.argv[3] ?? 3)
const BLOCK = 20_000
const BAR = 0.33

const directory = mkdtempSync(join(tmpdir(), 'penstock-drain-'))
const log = await createLmdbEventLog({ path: join(directory, 'log'), capBytes: 20e9, wake: createLogWake() })
const stores = await openLmdbState({ path: join(directory, 'state') })
const chdb = await openChdb({ path: join(directory, 'cold') })
const client = chdb.writerClient()
await migrateCold(client)
const cold = createClickHouseColdWriter(client)
const watch = createStopwatch()

async function insertRaw(round: number, events: readonly MadeEvent[]): Promise<number> {
  const rows = events.map((event) => rowOf(event))
  const started = performance.now()
  for (let at = 0; at < rows.length; at += BLOCK) {
    const token = `raw-${round}-${at}`
    await cold.insertEvents(rows.slice(at, at + BLOCK), {
      batch: token,
      attemptToken: token,
      partition: 99,
      epoch: 1,
    })
  }
  return performance.now() - started
}

function rowOf({ eventId, receivedAt, eventTime, bytes }: MadeEvent): ColdRow {
  const position = { partition: 0, seq: 0, idx: 0 }
  const event = decodeEvent(bytes)
  const accepted: AcceptedEvent = {
    projectId: 'raw',
    eventId,
    position,
    hash: eventId,
    logTime: receivedAt,
    receivedAt,
    eventTime,
    bytes,
    event,
  }
  return coldEvent(accepted)
}

async function drain(): Promise<number> {
  const { lastSeq } = await log.end(0)
  const worker = createWorker(
    {
      log: watch.timed('log', log),
      state: watch.timed('state', stores.state),
      hot: stores.hot,
      cold: watch.timed('cold', cold),
      sweeper: stores.sweeper,
      projects: stores.projects,
      clock: Date.now,
      monotonic: () => performance.now(),
      sleep: (ms, signal) =>
        sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
      newToken: () => crypto.randomUUID(),
      logger: pino({ level: 'warn' }),
      failpoint: noFailpoint,
    },
    {
      hotLingerMs: 10,
      hotMaxEvents: 5_000,
      coldLingerMs: 500,
      coldMaxEvents: BLOCK,
      coldMaxBytes: 16 * 1_048_576, // so that the block size is the same as the raw insert's
      bufferBytes: 96 * 1_048_576,
      purgeMarginMs: 10_000,
      registryWindowMs: 35 * 86_400_000,
      hotRetentionMs: 35 * 86_400_000,
      sweepIntervalMs: 60_000,
      safety: { positionOwner: true, missingRows: true },
    },
  )
  const started = performance.now()
  await worker.start()
  for (;;) {
    const row = await stores.state.read(0)
    if (row !== null && row.coldThrough >= lastSeq && row.coldPlan === null) break
    await sleep(20)
  }
  const took = performance.now() - started
  await worker.stop()
  return took
}

const raws: number[] = []
const drains: number[] = []
for (let round = 1; round <= ROUNDS; round++) {
  const { chunks, events } = makeChunks(EVENTS, round)
  await Promise.all(chunks.map((chunk) => log.append(0, chunk)))
  const beforeRaw = process.cpuUsage()
  raws.push(await insertRaw(round, events))
  const rawCpu = process.cpuUsage(beforeRaw)
  watch.reset()
  const beforeDrain = process.cpuUsage()
  drains.push(await drain())
  const drainCpu = process.cpuUsage(beforeDrain)
  console.log(
    `round ${round}: raw insert ${rate(raws.at(-1))}/s, worker ${rate(drains.at(-1))}/s, ` +
      `CPU per event ${cpuPerEvent(rawCpu)} and ${cpuPerEvent(drainCpu)} µs`,
  )
  console.log(watch.report(drains.at(-1) ?? 0))
}

await log.close()
await stores.close()
await chdb.close()
rmSync(directory, { recursive: true, force: true })

const share = median(raws) / median(drains)
console.log(
  JSON.stringify({
    bench: 'worker.drain',
    events: EVENTS,
    rounds: ROUNDS,
    rawPerSecond: Math.round((EVENTS / median(raws)) * 1000),
    workerPerSecond: Math.round((EVENTS / median(drains)) * 1000),
    share: Number(share.toFixed(3)),
    bar: BAR,
    ok: share >= BAR,
  }),
)
process.exitCode = share >= BAR ? 0 : 1

function rate(ms: number | undefined): string {
  return Math.round((EVENTS / (ms ?? NaN)) * 1000).toLocaleString('en')
}

// Of the whole process, the engine's threads included: says more than wall time where others use the machine.
function cpuPerEvent({ user, system }: NodeJS.CpuUsage): string {
  return ((user + system) / EVENTS).toFixed(1)
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? NaN
}

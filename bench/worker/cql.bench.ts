// How fast the CQL adapter takes events as a worker does, looked up in the registry and then committed, against sending the same rows
// in the same batches to the same server with nothing around it: no question, no check of the epoch, no rows to build, no state row.
// All in one run, in turns, for ids that carry their time and for ids that do not. Four partitions side by side, as a worker
// has them. Bar: at least 60 %, with the look-up. With a server of its own it says what that used too (Linux).
// Run: npx tsx bench/worker/cql.bench.ts [thousands of events per round] [rounds]
// Server: PENSTOCK_TEST_CQL=host:port, else an Apache Cassandra of its own (Java 17 and Maven).
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatUuid } from '../../packages/contract/src/index.ts'
import { bytesHash, decodeEvent, type AcceptedEvent } from '../../packages/pipeline/src/index.ts'
import { connectCql } from '../../packages/pipeline/src/scylla/connect.ts'
import { batchesOf, createCql, type CqlWrite } from '../../packages/pipeline/src/scylla/cql.ts'
import { createEventWrites } from '../../packages/pipeline/src/scylla/event-writes.ts'
import { migrateScylla, openScylla, type ScyllaOptions } from '../../packages/pipeline/src/scylla/index.ts'
import { createLimiter } from '../../packages/pipeline/src/scylla/limiter.ts'
import { createStatements } from '../../packages/pipeline/src/scylla/statements.ts'
import { startCassandra } from '../../packages/test-kit/src/servers/index.ts'
import { cpuMicros } from '../cpu-micros.ts'
import { makeChunks, type MadeEvent } from './made-events.ts'

const EVENTS = Number(process.argv[2] ?? 20) * 1_000
const ROUNDS = Number(process.argv[3] ?? 3)
const PER_COMMIT = 2_500
const PARTITIONS = 4
const BAR = 0.6
const DAY_MS = 86_400_000
const silent = { info: () => undefined, warn: () => undefined }

const directory = mkdtempSync(join(tmpdir(), 'penstock-cql-'))
const given = process.env['PENSTOCK_TEST_CQL']
const own = given === undefined ? await startCassandra({ directory }) : null
const options: ScyllaOptions = {
  contactPoints: [given ?? `127.0.0.1:${own?.port ?? 0}`],
  localDataCenter: 'datacenter1',
  keyspace: `bench_${process.pid}`,
  stateKeyspace: `bench_${process.pid}_state`,
  registryWindowMs: 35 * DAY_MS,
  hotRetentionMs: 90 * DAY_MS,
  logger: silent,
}
await migrateScylla({ ...options, replication: { class: 'SimpleStrategy', replication_factor: 1 } })
const stores = await openScylla(options)
const client = await connectCql(options)
const raw = createCql(client, createLimiter(64))

interface Side {
  /** One partition's next batch. */
  take(partition: number, events: AcceptedEvent[]): Promise<void>
}

interface Run {
  ms: number
  /** Of this process, and of the server, for an event. */
  cpuUs: number
  storeUs: number
}

async function run(side: Side, batches: readonly AcceptedEvent[][]): Promise<Run> {
  const started = performance.now()
  const before = process.cpuUsage()
  const storeBefore = storeMicros()
  await Promise.all(
    Array.from({ length: PARTITIONS }, async (_, partition) => {
      for (const [index, batch] of batches.entries()) {
        if (index % PARTITIONS === partition) await side.take(partition, batch)
      }
    }),
  )
  const { user, system } = process.cpuUsage(before)
  return {
    ms: performance.now() - started,
    cpuUs: (user + system) / EVENTS,
    storeUs: (storeMicros() - storeBefore) / EVENTS,
  }
}

const rows = await Promise.all(
  Array.from({ length: PARTITIONS }, (_, partition) => stores.workerState.acquire(partition)),
)
const adapter = (lookUp: boolean): Side => ({
  take: async (partition, accepted) => {
    const row = rows[partition]
    if (row === undefined) return
    if (lookUp) await stores.workerState.lookup(accepted)
    row.hotThrough++
    const change = { hotThrough: row.hotThrough, hotTotals: row.hotTotals }
    await stores.workerState.commitHot({ partition, epoch: row.epoch, accepted, letters: [], change })
  },
})

/** Remembers what it has written, as the adapter does: else it would write more. */
const rawWrites = createEventWrites({
  statements: createStatements(options),
  retention: { hotMs: () => options.hotRetentionMs },
  registryWindowMs: options.registryWindowMs,
  clock: Date.now,
})

/** The same rows, built beforehand. */
function rawSide(batches: readonly AcceptedEvent[][]): Side {
  const built = new Map<AcceptedEvent[], CqlWrite[]>()
  for (const batch of batches) {
    const { writes, written } = rawWrites.accept(batch)
    written()
    // In the order in which they go out.
    built.set(batch, batchesOf(writes).flat())
  }
  return { take: (_, batch) => raw.write(built.get(batch) ?? []) }
}

let seq = 0
function accepted(made: readonly MadeEvent[], projectId: string, timed: boolean): AcceptedEvent[][] {
  const batches: AcceptedEvent[][] = []
  for (let from = 0; from < made.length; from += PER_COMMIT) {
    seq++
    batches.push(
      made.slice(from, from + PER_COMMIT).map(({ eventId, bytes, eventTime, receivedAt }, idx) => ({
        projectId,
        eventId: timed ? eventId : untimed(eventId),
        position: { partition: 0, seq, idx },
        hash: bytesHash(bytes),
        logTime: receivedAt + 1,
        receivedAt,
        eventTime,
        bytes,
        event: decodeEvent(bytes),
      })),
    )
  }
  return batches
}

/** Version 4, random all over. */
function untimed(eventId: Uint8Array): Uint8Array {
  const id = Buffer.from(bytesHash(Buffer.from(formatUuid(eventId))))
  id[6] = 0x40 | ((id[6] as number) & 0x0f)
  id[8] = 0x80 | ((id[8] as number) & 0x3f)
  return id
}

const shares = new Map<string, { commit: number; whole: number }[]>()
for (let round = 0; round <= ROUNDS; round++) {
  for (const timed of [true, false]) {
    const { events } = makeChunks(EVENTS, round * 2 + (timed ? 0 : 1))
    const kind = timed ? 'UUIDv7' : 'UUIDv4'
    const rawBatches = accepted(events, 'raw', timed)
    const alone = await run(rawSide(rawBatches), rawBatches)
    const commits = await run(adapter(false), accepted(events, 'commit', timed))
    const whole = await run(adapter(true), accepted(events, 'whole', timed))
    // The first round warms both up.
    if (round === 0) continue
    const share = { commit: alone.ms / commits.ms, whole: alone.ms / whole.ms }
    shares.set(kind, [...(shares.get(kind) ?? []), share])
    console.log(
      `round ${round}, ${kind}: rows alone ${rate(alone.ms)}/s, commit ${rate(commits.ms)}/s (${percent(share.commit)}), ` +
        `look up and commit ${rate(whole.ms)}/s (${percent(share.whole)}); CPU here per event ` +
        `${micros(alone.cpuUs, commits.cpuUs, whole.cpuUs)} µs, of the server ` +
        `${micros(alone.storeUs, commits.storeUs, whole.storeUs)} µs`,
    )
  }
}

await stores.close()
await raw.close()
await own?.stop()
rmSync(directory, { recursive: true, force: true })

const medians = Object.fromEntries(
  [...shares].map(([kind, values]) => [
    kind,
    {
      commit: Number(median(values.map(({ commit }) => commit)).toFixed(3)),
      whole: Number(median(values.map(({ whole }) => whole)).toFixed(3)),
    },
  ]),
)
const ok = Object.values(medians).every(({ whole }) => whole >= BAR)
console.log(
  JSON.stringify({ bench: 'worker.cql', events: EVENTS, rounds: ROUNDS, shares: medians, bar: BAR, ok }),
)
process.exitCode = ok ? 0 : 1

/** 0 without a server of its own. */
function storeMicros(): number {
  return own === null ? 0 : cpuMicros(own.pid)
}

function micros(...list: number[]): string {
  return list.map((value) => value.toFixed(0)).join(', ')
}

function rate(ms: number): string {
  return Math.round((EVENTS / ms) * 1_000).toLocaleString('en')
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? NaN
}

// A crash run of a whole installation: gateways, workers and the three servers are killed with -9 under load, the next one when all are
// ready again; services die at every numbered step; workers are stopped past their lease with an insert on its way; a server stays down
// for a while; at the end every event is accounted for in plain reads.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readAccount } from '../crash/account.ts'
import { checkAccount } from '../crash/checker.ts'
import { createGate } from '../crash/gate.ts'
import { createHttpReadings, waitUntilCounted } from '../crash/http-readings.ts'
import { createLedger } from '../crash/ledger.ts'
import { createEventMaker } from '../crash/made-event.ts'
import { createPace } from '../crash/pace.ts'
import { replayOne } from '../crash/replayer.ts'
import { createSender } from '../crash/sender.ts'
import { createWorkload } from '../crash/workload.ts'
import { startWriters } from '../crash/writers.ts'
import { createRandom } from '../random.ts'
import { createCluster } from './cluster.ts'
import { summaries, type ClusterTortureReport } from './cluster-report.ts'
import { keepEveryRowOf } from './cold-table.ts'
import { watchFreshness } from './freshness-watch.ts'
import { startHeldLine } from './held-line.ts'
import { startStores } from './stores.ts'
import { createVictims, type HitPlan } from './victims.ts'

export interface ClusterTortureOptions extends Omit<HitPlan, 'insertsWhileStopped'> {
  /** Emptied first; then holds the stores' data, `ledger.ndjson`, `report.json`, and what each service printed. */
  directory: string
  seed: number
  /** Hits begin until then, and until all that are planned have been. Unit: milliseconds. */
  durationMs: number
  /** They go on until there were this many kills. */
  leastKills: number
  /** And until this many events were made. */
  leastEvents: number
  eventsPerSecond: number
  writers: number
  /** Environment of every service besides the stores'. */
  env?: Readonly<Record<string, string>>
  receipts: number
  /** How long everything may take to be counted after the last kill. Unit: milliseconds. */
  catchUpMs: number
  say: (line: string) => void
}

const NAME = 'torture'
const WORKERS = 2
/** Tokens of inserts that the cold store remembers in such a run. */
const TOKEN_WINDOW = 10
/** Share of the hits that are followed by a rest until answers are fresh: a hit in the middle of a recovery is worth as much. */
const RESTS = 0.15
const LONGEST_REST_MS = 15_000
/** As Retry-After says at least. */
const LATER_MS = 1_000
const GIB = 1_073_741_824

/** Throws ServerMissing when a server cannot be had, an Error when something does not come back. */
export async function tortureCluster(options: ClusterTortureOptions): Promise<ClusterTortureReport> {
  const { directory, seed, say } = options
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const ledgerPath = join(directory, 'ledger.ndjson')
  const baseTime = Date.now()
  const random = createRandom(seed)
  const maker = createEventMaker(seed, baseTime)
  const stores = await startStores(directory)
  const lines = await Promise.all(
    Array.from({ length: WORKERS }, () => startHeldLine(stores.clickhouse.port)),
  )
  const cluster = await createCluster({
    // Every insert stays a part of its own here, and an export in order opens all of them at once: 6,000 for a million events.
    env: { ...stores.env, PENSTOCK_QUESTION_MEMORY_BYTES: String(4 * GIB), ...options.env },
    envOf: (kind, index) => {
      const line = kind === 'worker' ? lines[index] : undefined
      const own = line === undefined ? {} : { PENSTOCK_CLICKHOUSE_URL: `http://127.0.0.1:${line.port}` }
      return { ...stores.envOf(kind), ...own }
    },
    name: NAME,
    gateways: 2,
    workers: WORKERS,
    logDirectory: directory,
  })
  const ledger = await createLedger(ledgerPath, { seed, baseTime })
  const { api } = cluster
  const gate = createGate()
  try {
    await cluster.start()
    await keepEveryRowOf(stores, NAME, TOKEN_WINDOW)
    const sender = createSender({ api, ledger, maker })
    const workload = createWorkload(maker, { duplicates: 0.15 })
    const pace = createPace(options.eventsPerSecond)
    const writers = startWriters(
      { gate, pace, sender, workload, random: random.fork('writers'), laterMs: LATER_MS },
      options.writers,
    )
    gate.open()
    const startedAt = performance.now()
    const freshness = watchFreshness(api)
    const victims = createVictims(
      {
        cluster,
        stores,
        lines,
        random: random.fork('victims'),
        replay: () => replayOne({ api, ledger, maker, workload }),
        back: (kind) => freshness.back(kind),
      },
      { ...options, insertsWhileStopped: 2 * TOKEN_WINDOW },
    )
    const rests = random.fork('rests')
    const goesOn = (): boolean =>
      performance.now() - startedAt < options.durationMs ||
      victims.owing() ||
      victims.kills() < options.leastKills ||
      workload.created() < options.leastEvents
    try {
      while (goesOn()) {
        if (rests.chance(RESTS)) await freshness.fresh(LONGEST_REST_MS)
        await sleep(rests.int(200, 2_000))
        freshness.interrupt()
        const hit = await victims.next()
        ledger.note('hit', { victim: hit })
        const seconds = Math.round((performance.now() - startedAt) / 1000)
        say(`${seconds} s: ${hit} (${victims.kills()} kills, ${workload.created()} events)`)
      }
    } finally {
      await freshness.stop()
      await writers.stop()
    }
    const seconds = (performance.now() - startedAt) / 1000
    const lastHitAt = performance.now()
    await writers.settle(400)
    await ledger.close()
    const account = await readAccount(ledgerPath)
    if (account.lastAcceptedAt === null) throw new Error('nothing was ever accepted')
    await waitUntilCounted(api, account.lastAcceptedAt, { timeoutMs: options.catchUpMs })
    const catchUpMs = Math.round(performance.now() - lastHitAt)
    say(`checking ${account.size} events`)
    const verdict = await checkAccount(account, maker, createHttpReadings(api), {
      receipts: options.receipts,
    })
    const surprises = sender.surprises()
    const { kills, atStep, notReached, outages, stops, readyMs } = victims.tally()
    const report: ClusterTortureReport = {
      clean: verdict.clean && surprises.length === 0 && notReached.length === 0,
      seed,
      seconds: Math.round(seconds),
      kills: { total: victims.kills(), ofEach: kills, atStep },
      notReached,
      outages,
      stops,
      ready: summaries(readyMs),
      fresh: freshness.figures(),
      events: {
        created: workload.created(),
        entriesSent: account.entries,
        bodies: account.sends,
        perSecond: Math.round(account.entries / seconds),
      },
      catchUpMs,
      surprises,
      verdict,
    }
    await writeFile(join(directory, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
    return report
  } finally {
    gate.open()
    await cluster.close()
    await Promise.all(lines.map((line) => line.close()))
    await stores.stop()
  }
}

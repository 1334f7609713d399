// A crash run of a whole installation: gateways, workers and the three servers are killed with -9 under load, the next one when all are
// ready again; a worker is stopped past its lease and goes on; at the end every event is accounted for in plain reads.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readAccount } from '../crash/account.ts'
import { checkAccount, type Verdict } from '../crash/checker.ts'
import { createGate } from '../crash/gate.ts'
import { createHttpReadings, waitUntilCounted } from '../crash/http-readings.ts'
import { createLedger } from '../crash/ledger.ts'
import { createEventMaker } from '../crash/made-event.ts'
import { createPace } from '../crash/pace.ts'
import { createSender } from '../crash/sender.ts'
import { createWorkload } from '../crash/workload.ts'
import { startWriters } from '../crash/writers.ts'
import { createRandom } from '../random.ts'
import { createCluster } from './cluster.ts'
import { keepEveryRowOf } from './keep-every-row.ts'
import { createVictims } from './victims.ts'
import { startStores } from './stores.ts'

export interface ClusterTortureOptions {
  /** Emptied first; then holds the stores' data, `ledger.ndjson` and `report.json`. */
  directory: string
  seed: number
  /** Kills begin until then. Unit: milliseconds. */
  durationMs: number
  /** They go on until each kind of victim was hit this often, whatever the duration. */
  leastOfEach: number
  eventsPerSecond: number
  writers: number
  /** Environment of every service besides the stores'. */
  env?: Readonly<Record<string, string>>
  receipts: number
  /** How long everything may take to be counted after the last kill. Unit: milliseconds. */
  catchUpMs: number
  say: (line: string) => void
}

export interface ClusterTortureReport {
  /** No fault and no surprise. */
  clean: boolean
  seed: number
  seconds: number
  /** How often each kind of victim was hit. */
  hits: Readonly<Record<string, number>>
  events: { created: number; entriesSent: number; perSecond: number }
  /** From the last kill until everything accepted was in the answers. */
  catchUpMs: number
  surprises: readonly string[]
  verdict: Verdict
}

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
  const env = { ...stores.env, ...options.env }
  const cluster = await createCluster({ env, envOf: stores.envOf, name: 'torture', gateways: 2, workers: 2 })
  const ledger = await createLedger(ledgerPath, { seed, baseTime })
  const { api } = cluster
  const gate = createGate()
  try {
    await cluster.start()
    await keepEveryRowOf(stores, 'torture')
    const sender = createSender({ api, ledger, maker })
    const workload = createWorkload(maker, { duplicates: 0.15 })
    const pace = createPace(options.eventsPerSecond)
    const writers = startWriters(
      { gate, pace, sender, workload, random: random.fork('writers') },
      options.writers,
    )
    gate.open()
    const startedAt = performance.now()
    const victims = createVictims({ cluster, stores, random: random.fork('victims') })
    try {
      while (performance.now() - startedAt < options.durationMs || victims.least() < options.leastOfEach) {
        await sleep(random.int(500, 2_500))
        const hit = await victims.next()
        ledger.note('hit', { victim: hit })
        say(`${Math.round((performance.now() - startedAt) / 1000)} s: ${hit}`)
      }
    } finally {
      await writers.stop()
    }
    const seconds = (performance.now() - startedAt) / 1000
    const lastKillAt = performance.now()
    await writers.settle(400)
    const { lastAcceptedAt } = await closed()
    if (lastAcceptedAt === null) throw new Error('nothing was ever accepted')
    await waitUntilCounted(api, lastAcceptedAt, { timeoutMs: options.catchUpMs })
    const catchUpMs = Math.round(performance.now() - lastKillAt)
    const account = await readAccount(ledgerPath)
    say(`checking ${account.size} events`)
    const verdict = await checkAccount(account, maker, createHttpReadings(api), {
      receipts: options.receipts,
    })
    const surprises = sender.surprises()
    const report: ClusterTortureReport = {
      clean: verdict.clean && surprises.length === 0,
      seed,
      seconds: Math.round(seconds),
      hits: victims.hits(),
      events: {
        created: workload.created(),
        entriesSent: account.entries,
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
    await stores.stop()
  }

  async function closed() {
    await ledger.close()
    return readAccount(ledgerPath)
  }
}

/** One screen for a terminal. */
export function describeClusterReport(report: ClusterTortureReport): string {
  const { hits, events, verdict } = report
  return [
    `${report.clean ? 'CLEAN' : 'RED'}  seed ${report.seed}, ${report.seconds} s`,
    `hits      ${Object.entries(hits)
      .map(([victim, count]) => `${victim} ${count}`)
      .join(', ')}`,
    `events    ${events.created} created, ${events.entriesSent} entries, ${events.perSecond}/s; caught up in ${report.catchUpMs} ms`,
    `verdict   ok ${verdict.ok} · lost ${verdict.lost} · duplicated ${verdict.duplicated} · phantom ${verdict.phantom} · corrupted ${verdict.corrupted} · unknown ${verdict.unknown}`,
    ...report.surprises.map((text) => `surprise: ${text}`),
    ...verdict.examples.map((example) => `${example.fault} ${example.eventId}: ${example.detail}`),
  ].join('\n')
}

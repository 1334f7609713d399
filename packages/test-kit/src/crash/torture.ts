// A whole crash run: starts the program, lets writers write, kills it, starts it again, and so on; at the end waits until all
// that was accepted is in the answers, and checks every event. The program is driven from outside only.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FailpointName } from '@penstock/pipeline'
import { createApiClient, DEV_KEYS, type ApiClient } from '../program/api-client.ts'
import { freePort } from '../program/free-port.ts'
import { createRandom } from '../random.ts'
import { readAccount } from './account.ts'
import { checkAccount } from './checker.ts'
import { createGate } from './gate.ts'
import { createHttpReadings, waitUntilCounted } from './http-readings.ts'
import { createKillRounds, type KillRounds } from './kill-rounds.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createEventMaker, type EventMaker } from './made-event.ts'
import { createPace } from './pace.ts'
import { replayOne } from './replayer.ts'
import { createSender, type Sender } from './sender.ts'
import { percentile, type TortureReport } from './torture-report.ts'
import { createWorkload, type Workload, type WorkloadOptions } from './workload.ts'
import { startWriters } from './writers.ts'

export interface TortureOptions extends WorkloadOptions {
  /** Arguments of node that run the program: its file and the command. */
  args: readonly string[]
  /** Environment besides port and data directory. */
  env: Readonly<Record<string, string>>
  /** Emptied first; then holds `data/`, `ledger.ndjson` and `report.json`. */
  directory: string
  seed: number
  /** Rounds begin until then. Unit: milliseconds. */
  durationMs: number
  /** Entries sent a second while the program is up. */
  eventsPerSecond: number
  writers: number
  /** Steps to die at, each at least once. */
  failpoints: readonly FailpointName[]
  /** Rounds go on until there were this many kills, whatever the duration. */
  leastKills: number
  /** And until this many events were made. */
  leastEvents: number
  /** How long a round waits for its step after the program was ready. Unit: milliseconds. */
  stepPatienceMs: number
  /** Share of the other rounds that die at a step. */
  failpointShare: number
  /** Time from ready to a random kill, ms. */
  killAfterMs: readonly [number, number]
  /** Called with the data directory after the first start was ended in order, before the first round. */
  prepare?: (dataDirectory: string) => Promise<void>
  /** Receipts compared at the end. */
  receipts: number
  /** How long the last start may take to catch up, ms. */
  catchUpMs: number
  say: (line: string) => void
}

export async function runTorture(options: TortureOptions): Promise<TortureReport> {
  await rm(options.directory, { recursive: true, force: true })
  await mkdir(join(options.directory, 'data'), { recursive: true })
  const ledgerPath = join(options.directory, 'ledger.ndjson')
  const baseTime = Date.now()
  const random = createRandom(options.seed)
  const maker = createEventMaker(options.seed, baseTime)
  const ledger = await createLedger(ledgerPath, { seed: options.seed, baseTime })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const api = createApiClient({ url, ...DEV_KEYS })
  const sender = createSender({ api, ledger, maker })
  const workload = createWorkload(maker, options)
  const gate = createGate()
  const pace = createPace(options.eventsPerSecond)
  const env = {
    PENSTOCK_PORT: String(port),
    PENSTOCK_DATA_DIR: join(options.directory, 'data'),
    ...options.env,
  }
  const rounds = createKillRounds({
    ...options,
    url,
    env,
    gate,
    pace,
    ledger,
    random: random.fork('nemesis'),
    replay: () => replayOne({ api, ledger, maker, workload }),
  })

  if (options.prepare !== undefined) {
    await rounds.startAndStop()
    await options.prepare(join(options.directory, 'data'))
  }
  const startedAt = performance.now()
  const writers = startWriters(
    { gate, pace, sender, workload, random: random.fork('writers'), laterMs: 0 },
    options.writers,
  )
  try {
    await rounds.runWhile(
      () => performance.now() - startedAt < options.durationMs || workload.created() < options.leastEvents,
    )
    const seconds = (performance.now() - startedAt) / 1000
    const lastStart = performance.now()
    await rounds.startForGood()
    await writers.stop()
    await writers.settle(200)
    const acceptedAt = await sendLast({ sender, ledger, ledgerPath, maker, workload })
    await waitUntilCounted(api, acceptedAt, { timeoutMs: options.catchUpMs })
    const catchUpMs = Math.round(performance.now() - lastStart)
    const report = await judge({
      options,
      api,
      maker,
      ledgerPath,
      sender,
      rounds,
      workload,
      seconds,
      catchUpMs,
    })
    await writeFile(join(options.directory, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
    return report
  } finally {
    rounds.killForGood()
    // After an error the writers still stand at the gate: let them see that it is over.
    void writers.stop()
    gate.open()
    await api.close().catch(() => undefined)
  }
}

/** One more event after everything else: when it is counted, all before it is. Resolves with the last `accepted_at`. */
async function sendLast(deps: {
  sender: Sender
  ledger: Ledger
  ledgerPath: string
  maker: EventMaker
  workload: Workload
}): Promise<string> {
  let number = deps.workload.newNumber()
  while (deps.maker.roadOf(number) === 'import') number = deps.workload.newNumber()
  const outcome = await deps.sender.send({
    road: 'ingest',
    entries: [{ number, variant: 0, spelling: 0 }],
    shape: 'array',
    gzip: false,
  })
  await deps.ledger.close()
  if (outcome !== 'accepted')
    throw new Error(`the last event was not accepted: ${outcome} ${deps.sender.surprises().join()}`)
  return (await readAccount(deps.ledgerPath)).lastAcceptedAt!
}

async function judge(run: {
  options: TortureOptions
  api: ApiClient
  maker: EventMaker
  ledgerPath: string
  sender: Sender
  rounds: KillRounds
  workload: Workload
  seconds: number
  catchUpMs: number
}): Promise<TortureReport> {
  const account = await readAccount(run.ledgerPath)
  run.options.say(`checking ${account.size} events`)
  const verdict = await checkAccount(account, run.maker, createHttpReadings(run.api), {
    receipts: run.options.receipts,
  })
  const { kills, notReached, ownEnds, readyMs, peakRssBytes } = run.rounds.tally()
  const missingSteps = run.options.failpoints.filter((name) => kills.atStep[name] === undefined)
  const surprises = run.sender.surprises()
  return {
    clean: verdict.clean && surprises.length === 0 && ownEnds.length === 0 && missingSteps.length === 0,
    seed: run.options.seed,
    seconds: Math.round(run.seconds),
    kills,
    notReached,
    missingSteps,
    ownEnds,
    events: {
      created: run.workload.created(),
      entriesSent: account.entries,
      sends: account.sends,
      answeredSends: account.answeredSends,
      perSecond: Math.round(account.entries / run.seconds),
    },
    readyMs: {
      starts: readyMs.length,
      p50: percentile(readyMs, 0.5),
      p99: percentile(readyMs, 0.99),
      max: percentile(readyMs, 1),
    },
    catchUpMs: run.catchUpMs,
    peakRssBytes,
    surprises,
    verdict,
  }
}

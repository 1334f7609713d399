// A crash told step by step, for a test that knows where it must hurt: start (with a safety layer off, or to die at a step),
// send, die, start again, and in the end the same account of every event as in a long run.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { FailpointName } from '@penstock/pipeline'
import { createApiClient, DEV_KEYS, type ApiClient } from '../program/api-client.ts'
import { freePort } from '../program/free-port.ts'
import { keepEveryRow } from '../program/keep-every-row.ts'
import { launch, type Exit, type Program } from '../program/launch.ts'
import { readAccount, type Account } from './account.ts'
import { checkAccount, type Verdict } from './checker.ts'
import { createHttpReadings, waitUntilCounted } from './http-readings.ts'
import { createLedger, type Entry } from './ledger.ts'
import { createEventMaker, type EventMaker } from './made-event.ts'
import { createSender, type Sending, type SendOutcome } from './sender.ts'

export interface CrashStoryOptions {
  args: readonly string[]
  /** Environment of every start. */
  env?: Readonly<Record<string, string>>
  /** An empty directory, for the ledger too. */
  directory: string
  /** Where the program keeps its data; default `data` in `directory`. */
  dataDirectory?: string
  seed: number
}

export interface CrashStory {
  readonly api: ApiClient
  readonly url: string
  readonly maker: EventMaker
  readonly dataDirectory: string
  /** Starts and waits for ready; throws, with what was printed, when it ends before. */
  start(env?: Readonly<Record<string, string>>): Promise<Program>
  /** Starts with a step to die at. Does not wait for ready when `at` may be passed while starting. */
  startToDieAt(
    at: FailpointName | `${FailpointName}@${number}`,
    env?: Readonly<Record<string, string>>,
  ): Promise<Program>
  /** A first start and stop, then no row is ever merged away: duplicates stay to be seen. Before anything else. */
  keepEveryRow(): Promise<void>
  /** New events that both roads take. */
  newEvents(count: number): Entry[]
  send(entries: readonly Entry[], over?: Partial<Sending>): Promise<SendOutcome>
  /** Waits for the death at the step; throws when it does not come in 20 s or is another end. */
  died(): Promise<void>
  /** kill -9 of the group. */
  kill(): Promise<void>
  stop(signal: NodeJS.Signals, timeoutMs: number): Promise<Exit>
  /** Waits until the last accepted event is counted. */
  counted(timeoutMs?: number): Promise<void>
  account(): Promise<Account>
  /** Waits until all is counted, then checks every event. Nothing may be sent after it. */
  judge(): Promise<Verdict>
  surprises(): readonly string[]
  close(): Promise<void>
}

export async function createCrashStory(options: CrashStoryOptions): Promise<CrashStory> {
  const dataDirectory = options.dataDirectory ?? join(options.directory, 'data')
  await mkdir(dataDirectory, { recursive: true })
  const ledgerPath = join(options.directory, 'ledger.ndjson')
  const baseTime = Date.now()
  const maker = createEventMaker(options.seed, baseTime)
  const ledger = await createLedger(ledgerPath, { seed: options.seed, baseTime })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const api = createApiClient({ url, ...DEV_KEYS })
  const sender = createSender({ api, ledger, maker })
  let program: Program | null = null
  let numbers = 0

  const begin = (env: Readonly<Record<string, string>>): Program => {
    const own = { PENSTOCK_PORT: String(port), PENSTOCK_DATA_DIR: dataDirectory }
    program = launch({ args: options.args, env: { ...own, ...options.env, ...env }, url })
    return program
  }
  const running = (): Program => {
    if (program === null) throw new Error('nothing was started')
    return program
  }
  const ended = async (timeoutMs: number): Promise<Exit> => {
    const { promise, cancel } = lateAfter(timeoutMs)
    const exit = await Promise.race([running().exited, promise])
    cancel()
    if (exit === 'late') throw new Error(`still running after ${timeoutMs} ms:\n${running().output()}`)
    return exit
  }
  const counted = async (timeoutMs = 60_000) => {
    const { lastAcceptedAt } = await readAccount(ledgerPath)
    if (lastAcceptedAt !== null) await waitUntilCounted(api, lastAcceptedAt, { timeoutMs })
  }

  return {
    api,
    url,
    maker,
    dataDirectory,
    async start(env = {}) {
      const started = begin(env)
      if ((await started.ready) === null)
        throw new Error(`it ended instead of being ready:\n${started.output()}`)
      return started
    },
    async startToDieAt(at, env = {}) {
      const started = begin({ PENSTOCK_TEST: '1', PENSTOCK_TEST_FAILPOINT: at, ...env })
      await started.ready
      return started
    },
    async keepEveryRow() {
      await begin({}).ready
      running().kill('SIGTERM')
      await ended(20_000)
      await keepEveryRow(dataDirectory)
    },
    newEvents(count) {
      const entries: Entry[] = []
      while (entries.length < count) {
        const number = numbers++
        if (maker.roadOf(number) === 'any') entries.push({ number, variant: 0, spelling: 0 })
      }
      return entries
    },
    send: (entries, over = {}) =>
      sender.send({ road: 'ingest', shape: 'array', gzip: false, ...over, entries }),
    async died() {
      const exit = await ended(20_000)
      if (exit.signal !== 'SIGKILL') {
        throw new Error(`ended with code ${exit.code}, signal ${exit.signal}:\n${running().output()}`)
      }
    },
    async kill() {
      running().kill('SIGKILL')
      await running().exited
    },
    stop(signal, timeoutMs) {
      running().kill(signal)
      return ended(timeoutMs)
    },
    counted,
    account: () => readAccount(ledgerPath),
    async judge() {
      await ledger.close()
      await counted()
      return checkAccount(await readAccount(ledgerPath), maker, createHttpReadings(api), { receipts: 500 })
    },
    surprises: () => sender.surprises(),
    async close() {
      program?.kill('SIGKILL')
      await program?.exited
      await ledger.close()
      await api.close()
    },
  }
}

function lateAfter(ms: number): { promise: Promise<'late'>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined
  const promise = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), ms)))
  return { promise, cancel: () => clearTimeout(timer) }
}

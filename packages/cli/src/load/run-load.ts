// `penstock load`: sends the crowd's events at a pace, with several requests at once, and closes the books.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'hdr-histogram-js'
import { Pool } from 'undici'
import { resolveTarget, type Target } from '../server-api/target.ts'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT, type ExitCode } from '../terminal/exit-code.ts'
import { type Account, createAccount } from './account.ts'
import { createBodySource } from './body-source.ts'
import type { LoadFlags } from './command.ts'
import { createCrowd } from './crowd.ts'
import { startLiveLine } from './live-line.ts'
import { type LoadOptions, readLoadOptions } from './load-options.ts'
import { createPace } from './pace.ts'
import { printAccount } from './print-account.ts'
import { createSender } from './sender.ts'
import { readMetrics, verify } from './verify.ts'

const LONGEST_LATENCY_US = 600_000_000

export async function runLoad(flags: LoadFlags): Promise<ExitCode> {
  const target = resolveTarget(flags)
  if (!target.loopback && flags.iOwnThisHost !== true) {
    throw new CommandError(
      EXIT.usage,
      `${target.url} is not this machine, and a load test can take a server down`,
      'Say --i-own-this-host when it is yours.',
    )
  }
  const options = readLoadOptions(flags, { now: Date.now(), seed: randomBytes(4).toString('hex') })
  const metricsBefore = options.verify ? await readMetrics(target) : null
  const account = createAccount()
  const latency = build({ highestTrackableValue: LONGEST_LATENCY_US, numberOfSignificantValueDigits: 3 })
  const live = startLiveLine(account, latency)
  const started = performance.now()
  const { people, problem } = await sendAll({ target, options, account, latency })
  const tookMs = performance.now() - started
  live.stop()
  const { run, start, days } = options
  const findings = options.verify ? await verify({ target, run, start, days, account, metricsBefore }) : []
  printAccount({ options, account, latency, people, tookMs, problem, findings }, flags.json === true)
  const failed =
    account.failed > 0 || account.rejected > 0 || findings.some(({ result }) => result === 'wrong')
  return failed ? EXIT.negative : EXIT.ok
}

async function sendAll(job: {
  target: Target
  options: LoadOptions
  account: Account
  latency: { recordValue(value: number): void }
}): Promise<{ people: number; problem: string | null }> {
  const { target, options, account, latency } = job
  const crowd = createCrowd(options)
  const bodies = createBodySource(crowd, options)
  const origin = new URL(target.url).origin
  const pool = new Pool(origin, { connections: options.concurrency, pipelining: 1, headersTimeout: 30_000 })
  const path = `${target.url.slice(origin.length)}/events`
  const sender = createSender({ pool, path, writeKey: target.writeKey, gzip: options.gzip, sleep })
  const pace = createPace({ ...options, now: () => performance.now(), sleep })
  let problem: string | null = null
  const stop = () => pace.stop()
  process.once('SIGINT', stop) // the books are closed on what was sent

  async function sendInTurn(): Promise<void> {
    for (let turn = await pace.turn(); turn !== null; turn = await pace.turn()) {
      const body = bodies.next(turn.events)
      const result = await sender.send(body.bytes)
      latency.recordValue(
        Math.min(LONGEST_LATENCY_US, Math.max(1, Math.round((performance.now() - turn.due) * 1000))),
      )
      account.requests += 1
      account.repeated += result.repeats
      account.sent += body.events
      account.unique += body.fresh.length
      if (result.kind === 'failed') {
        account.failed += body.events
        problem ??= result.why
        continue
      }
      account.accepted += result.accepted
      account.rejected += result.rejected
      problem ??= result.firstProblem ?? null
      if (account.lastAcceptedAt === null || result.acceptedAt > account.lastAcceptedAt)
        account.lastAcceptedAt = result.acceptedAt
      account.settle(body.fresh)
    }
  }
  await Promise.all(Array.from({ length: options.concurrency }, sendInTurn))
  process.removeListener('SIGINT', stop)
  await pool.close()
  return { people: crowd.people(), problem }
}

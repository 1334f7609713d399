// What a load run ends with, for people and for programs.
import type { Histogram } from 'hdr-histogram-js'
import type { Account } from './account.ts'
import { LATENCY_PERCENTILES, latencyText, milliseconds } from './live-line.ts'
import type { LoadOptions } from './load-options.ts'
import type { Finding } from './verify.ts'

export interface LoadOutcome {
  options: LoadOptions
  account: Account
  latency: Histogram
  people: number
  tookMs: number
  /** The first reason for a refusal or a failure. */
  problem: string | null
  findings: readonly Finding[]
}

export function printAccount(outcome: LoadOutcome, json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify(accountFacts(outcome))}\n` : accountText(outcome))
}

function accountFacts({ options, account, latency, people, tookMs, problem, findings }: LoadOutcome) {
  const { sent, unique, accepted, rejected, failed, requests, repeated } = account
  const percentiles = LATENCY_PERCENTILES.map((p) => [
    `p${p}`,
    Number(milliseconds(latency.getValueAtPercentile(p))),
  ])
  return {
    run: options.run,
    sent,
    unique,
    duplicates: sent - unique,
    people,
    accepted,
    rejected,
    failed,
    requests,
    repeated,
    took_ms: Math.round(tookMs),
    events_per_second: Math.round((accepted / tookMs) * 1000),
    latency_ms: { ...Object.fromEntries(percentiles), max: Number(milliseconds(latency.maxValue)) } as Record<
      string,
      number
    >,
    problem,
    findings,
  }
}

const MARKS = { ok: 'ok   ', wrong: 'WRONG', skip: 'skip ' } as const

export function accountText(outcome: LoadOutcome): string {
  const { options, account, latency, people, tookMs, problem, findings } = outcome
  const { sent, unique, requests, repeated, accepted } = account
  const lines = [
    `run       ${options.run}`,
    `sent      ${sent} events in ${requests} requests: ${unique} unique of ${people} people, ${sent - unique} copies`,
    `took      ${(tookMs / 1000).toFixed(1)} s, ${Math.round((accepted / tookMs) * 1000)} events/s accepted, ${repeated} requests repeated`,
    `latency   ${latencyText(latency)}, max ${milliseconds(latency.maxValue)} ms`,
    ...(problem === null ? [] : [`problem   ${problem}`]),
    ...findings.map(({ about, result, detail }) => `${MARKS[result]}     ${about}: ${detail}`),
  ]
  return `${lines.join('\n')}\n`
}

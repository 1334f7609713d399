// Asks the server what it counted of this run and compares it with the books. Everything is asked of this run's events only
// (`context.load_run`), so other traffic does not matter, except for the metrics, which count everybody's.
import { setTimeout as sleep } from 'node:timers/promises'
import { askServer, askServerFor } from '../server-api/request.ts'
import type { Target } from '../server-api/target.ts'
import { waitUntilAnswered } from '../server-api/wait-until-answered.ts'
import type { Account } from './account.ts'
import { sumCounters } from '../server-api/metrics-text.ts'

const ANSWER_TIMEOUT_MS = 120_000
const METRICS_TIMEOUT_MS = 15_000
const DAY_MS = 86_400_000

export interface Finding {
  about: string
  /** `skip` when it cannot be said. */
  result: 'ok' | 'wrong' | 'skip'
  detail: string
}

export interface Verification {
  target: Target
  run: string
  start: number
  days: number
  account: Account
  metricsBefore: Map<string, number> | null
}

export async function verify(run: Verification): Promise<Finding[]> {
  const { account, target } = run
  const findings = [books(account)]
  if (account.lastAcceptedAt === null) return findings
  if (!(await waitUntilAnswered(target, target.readKey, account.lastAcceptedAt, ANSWER_TIMEOUT_MS))) {
    return [
      ...findings,
      {
        about: 'as_of',
        result: 'wrong',
        detail: `not past ${account.lastAcceptedAt} after ${ANSWER_TIMEOUT_MS / 1000} s`,
      },
    ]
  }
  if (account.failed > 0 || account.rejected > 0) {
    const detail = 'some events were not accepted, so the exact counts are not known'
    return [...findings, { about: 'counts', result: 'skip', detail }]
  }
  return [...findings, await topEvents(run), await activeUsers(run), await metrics(run)]
}

function books({ sent, accepted, rejected, failed }: Account): Finding {
  const whole = sent === accepted + rejected + failed
  const clean = rejected === 0 && failed === 0
  const detail = `${sent} sent = ${accepted} accepted + ${rejected} rejected + ${failed} failed`
  return {
    about: 'answers',
    result: whole && clean ? 'ok' : 'wrong',
    detail: whole ? detail : `NOT ${detail}`,
  }
}

async function topEvents(run: Verification): Promise<Finding> {
  interface Row {
    event: string
    events: number
    users: number
  }
  const rows = await ask<Row>(run, 'top-events', { limit: '1000' })
  const got = new Map(rows.map(({ event, events, users }) => [event, `${events} events of ${users} people`]))
  const wanted = new Map(
    [...run.account.byName()].map(([name, { events, users }]) => [
      name,
      `${events} events of ${users} people`,
    ]),
  )
  return compare('top events', wanted, got)
}

async function activeUsers(run: Verification): Promise<Finding> {
  const rows = await ask<{ period: string; users: number }>(run, 'active-users', { interval: 'day' })
  const got = new Map(
    rows.filter(({ users }) => users > 0).map(({ period, users }) => [period, `${users} people`]),
  )
  const wanted = new Map(
    [...run.account.byDay()].map(([day, people]) => [dateOf(day * DAY_MS), `${people} people`]),
  )
  return compare('active users', wanted, got)
}

async function ask<Row>(
  run: Verification,
  question: string,
  parameters: Record<string, string>,
): Promise<Row[]> {
  const { target, start, days } = run
  const query = new URLSearchParams({
    project: target.project,
    from: dateOf(start - (days + 1) * DAY_MS),
    to: dateOf(start + DAY_MS),
    filters: JSON.stringify([{ property: 'context.load_run', op: 'eq', value: run.run }]),
    ...parameters,
  })
  const { data } = await askServerFor<{ data: Row[] }>(
    `${target.url}/v1/analytics/${question}?${query.toString()}`,
    {
      key: target.readKey,
    },
  )
  return data
}

/** Both ways: what is missing and what is too much. */
export function compare(
  about: string,
  wanted: ReadonlyMap<string, string>,
  got: ReadonlyMap<string, string>,
): Finding {
  const names = [...new Set([...wanted.keys(), ...got.keys()])].sort()
  const differences = names.filter((name) => wanted.get(name) !== got.get(name))
  if (differences.length === 0) return { about, result: 'ok', detail: `${names.length} rows as sent` }
  const shown = differences
    .slice(0, 5)
    .map((name) => `${name}: sent ${wanted.get(name) ?? 'none'}, counted ${got.get(name) ?? 'none'}`)
  return { about, result: 'wrong', detail: shown.join('; ') }
}

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/** Null when the metrics are not open to us. */
export async function readMetrics({ url, adminKey }: Target): Promise<Map<string, number> | null> {
  const { status, body } = await askServer(`${url}/metrics`, { key: adminKey })
  return status === 200 && typeof body === 'string' ? sumCounters(body) : null
}

async function metrics({ target, account, metricsBefore }: Verification): Promise<Finding> {
  const about = 'metrics'
  if (metricsBefore === null) return { about, result: 'skip', detail: '/metrics is not open to this key' }
  const deadline = performance.now() + METRICS_TIMEOUT_MS
  for (;;) {
    const after = (await readMetrics(target)) ?? new Map<string, number>()
    const delta = (name: string) => (after.get(name) ?? 0) - (metricsBefore.get(name) ?? 0)
    const accepted = delta('penstock_events_accepted_total')
    const stored = delta('penstock_events_stored_total{store="cold"}')
    const duplicates = delta('penstock_events_duplicate_total')
    const dead = delta('penstock_dead_letters_total')
    const detail = `${accepted} accepted = ${stored} stored + ${duplicates} duplicates + ${dead} dead letters`
    if (accepted > account.accepted) return { about, result: 'skip', detail: 'others are sending, too' }
    const right =
      accepted === account.accepted && stored === account.unique && accepted === stored + duplicates + dead
    if (right) return { about, result: 'ok', detail }
    if (performance.now() > deadline)
      return { about, result: 'wrong', detail: `NOT ${detail}; sent ${account.unique} unique` }
    await sleep(200)
  }
}

// How long the questions take on 10 M events of 500,000 people over 60 days, beside plain SQL that gives the same numbers, in
// turns in one run. Ends with 1 when a number differs or a bar is missed (bars: docs/benchmarks.md).
// Run: npx tsx bench/questions/questions.bench.ts [millions of events] [rounds] [data directory to keep]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { openChdb } from '../../packages/embedded/src/index.ts'
import type { ColdParam } from '../../packages/pipeline/src/index.ts'
import {
  createClickHouseColdReader,
  createClickHouseQuestions,
  migrateCold,
} from '../../packages/pipeline/src/clickhouse/index.ts'
import { fill } from './fill.ts'
import { PLAIN_ACTIVE_USERS, PLAIN_RETENTION, PLAIN_TOP_EVENTS } from './plain-sql.ts'

const EVENTS = Number(process.argv[2] ?? 10) * 1_000_000
const ROUNDS = Number(process.argv[3] ?? 5)
const KEPT = process.argv[4]
const DAYS = 60
const DAY_MS = 86_400_000
const START = Date.UTC(2026, 8, 20)
const END = START + DAYS * DAY_MS
const date = (ms: number) => new Date(ms).toISOString().slice(0, 10)

const directory = KEPT ?? mkdtempSync(join(tmpdir(), 'penstock-questions-'))
const chdb = await openChdb({ path: directory })
const writer = chdb.writerClient()
await migrateCold(writer)
const reader = createClickHouseColdReader(chdb.readerClient(), {
  maxExecutionMs: 120_000,
  maxMemoryBytes: 8e9,
  maxResultRows: 1_000_000,
})
const questions = createClickHouseQuestions(reader)
const range = { from: date(END - 30 * DAY_MS), to: date(END - DAY_MS) }
const context = { projectId: 'bench', now: END, asOf: END }

const stored = await reader.query<{ n: number }>({ sql: 'SELECT count() AS n FROM events_v1', params: {} })
if (stored.rows[0]?.n === 0) {
  console.log(`filling ${EVENTS} events …`)
  await fill(writer, { events: EVENTS, actors: EVENTS / 20, days: DAYS, start: START })
}

const plain = async (sql: string) => {
  const params: Record<string, ColdParam> = { from: range.from, to: range.to }
  return (await reader.query<Record<string, string | number>>({ sql, params })).rows
}

const cases = [
  {
    name: 'active users, 30 days',
    barMs: 500,
    ours: async () => (await questions.activeUsers(range, context)).data,
    plain: () => plain(PLAIN_ACTIVE_USERS),
  },
  {
    name: 'top events, 30 days',
    barMs: 500,
    ours: async () =>
      (await questions.topEvents(range, context)).data.map(({ event, events, users }) => ({
        event,
        events,
        users,
      })),
    plain: () => plain(PLAIN_TOP_EVENTS),
  },
  {
    name: 'retention, 30 cohorts × 7',
    barMs: 1_500,
    ours: async () =>
      (await questions.retention(range, context)).data.flatMap(({ cohort, values }) =>
        values.flatMap((actors, k) => (actors === null || actors === 0 ? [] : [{ cohort, k, actors }])),
      ),
    plain: () => plain(PLAIN_RETENTION),
  },
]

/** CPU of the whole process, the engine's threads included; on a busy machine it says more than the clock. */
async function timed(work: () => Promise<unknown>) {
  const started = performance.now()
  const cpu = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(cpu)
  return { ms: performance.now() - started, cpuMs: (user + system) / 1000, result }
}

let failed = false
const table: Record<string, string | number>[] = []
for (const one of cases) {
  const ours: { ms: number; cpuMs: number }[] = []
  const theirs: { ms: number; cpuMs: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b] = [await timed(one.ours), await timed(one.plain)]
    ours.push(a)
    theirs.push(b)
    if (!isDeepStrictEqual(a.result, b.result)) {
      failed = true
      console.error(`${one.name}: other numbers than the plain SQL`)
      console.error(JSON.stringify(a.result).slice(0, 400), JSON.stringify(b.result).slice(0, 400))
      break
    }
  }
  const median = (runs: { ms: number; cpuMs: number }[], key: 'ms' | 'cpuMs') =>
    Math.round(runs.map((run) => run[key]).sort((a, b) => a - b)[Math.floor(runs.length / 2)] as number)
  const ms = median(ours, 'ms')
  failed ||= EVENTS === 10_000_000 && ms > one.barMs
  table.push({
    question: one.name,
    'bar ms': one.barMs,
    'median ms': ms,
    'best ms': Math.round(Math.min(...ours.map((run) => run.ms))),
    'CPU ms': median(ours, 'cpuMs'),
    'plain ms': median(theirs, 'ms'),
    'plain CPU ms': median(theirs, 'cpuMs'),
  })
}
console.table(table)
await chdb.close()
if (KEPT === undefined) rmSync(directory, { recursive: true, force: true })
process.exitCode = failed ? 1 : 0

// The numbers, held against a reference that shares no code with the product (questions/reference*.ts): many generated
// projects in one table, each asked every question. A failure names the project and the question; the seed is fixed.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { QuestionContext, Questions } from '@penstock/pipeline'
import {
  createClickHouseColdReader,
  createClickHouseColdWriter,
  createClickHouseQuestions,
  migrateCold,
} from '@penstock/pipeline/clickhouse'
import { openChdb, type Chdb } from '../src/index.ts'
import { writeProjects, type TestEvent } from './questions/event-list.ts'
import { asked, dataset, type Asked, type Dataset } from './questions/nasty-data.ts'
import { addDays, dateAt, dateEnd, dateStart } from './questions/reference-calendar.ts'
import { createReference, type ReferenceRange } from './questions/reference.ts'

const DATASETS = 220
const ASKED_PER_DATASET = 1
const SEED = 20_261_123

let chdb: Chdb
let questions: Questions
const directory = mkdtempSync(join(tmpdir(), 'penstock-questions-'))
const datasets = fc.sample(dataset, { numRuns: DATASETS, seed: SEED })
const allAsked = fc.sample(asked, { numRuns: DATASETS * ASKED_PER_DATASET, seed: SEED })
const projectOf = (index: number): string => `project-${index}`

beforeAll(async () => {
  chdb = await openChdb({ path: directory })
  const client = chdb.writerClient()
  await migrateCold(client)
  const projects = new Map(datasets.map(({ events }, index) => [projectOf(index), events]))
  await writeProjects(createClickHouseColdWriter(client, { fenced: false }), projects)
  const limits = { maxExecutionMs: 30_000, maxMemoryBytes: 1024 ** 3, maxResultRows: 1_000_000 }
  questions = createClickHouseQuestions(createClickHouseColdReader(chdb.readerClient(), limits))
})

afterAll(async () => {
  await chdb.close()
  rmSync(directory, { recursive: true, force: true })
})

interface Case {
  index: number
  data: Dataset
  reference: ReturnType<typeof createReference>
  one: Asked
  input: { from: string; to: string; tz: string; filters: Asked['filters'] }
  range: ReferenceRange
  context: QuestionContext
}

function cases(): Case[] {
  return datasets.flatMap((data, index) => {
    const reference = createReference(data.events)
    return allAsked
      .slice(index * ASKED_PER_DATASET, (index + 1) * ASKED_PER_DATASET)
      .map((one) => ({ index, data, reference, one, ...placed(data, one, projectOf(index)) }))
  })
}

function placed({ tz, at }: Dataset, { range, filters }: Asked, projectId: string) {
  const today = dateAt(at, tz)
  const asOf = at + range.asOf
  const edge = (given: { days: number } | { ms: number }, end: boolean) => {
    if ('ms' in given) return { text: new Date(at + given.ms).toISOString(), instant: at + given.ms }
    const date = addDays(today, given.days)
    return { text: date, instant: end ? dateEnd(date, tz) : dateStart(date, tz) }
  }
  const from = edge(range.from, false)
  const to = edge(range.to, true)
  return {
    input: { from: from.text, to: to.text, tz, filters },
    range: { from: from.instant, to: to.instant, asOf, tz },
    context: { projectId, now: asOf + 1000, asOf },
  }
}

/** Every case is asked; all differences are shown together, the first in full. */
async function compareAll(ask: (one: Case) => Promise<{ got: unknown; expected: unknown } | null>) {
  let compared = 0
  for (const one of cases()) {
    const pair = await ask(one)
    if (pair === null) continue
    compared++
    expect(
      pair.got,
      `${projectOf(one.index)} ${JSON.stringify(one.input)} ${JSON.stringify(one.one)}`,
    ).toEqual(pair.expected)
  }
  return compared
}

const set = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }

const hasDates = (one: Asked): boolean => 'days' in one.range.from && 'days' in one.range.to

describe('given generated projects', () => {
  it('counts active users as the definition says', { timeout: 120_000 }, async () => {
    const compared = await compareAll(async ({ one, input, range, context, reference }) => {
      const { interval } = one
      const event = set({ event: one.event })
      const answer = await questions.activeUsers({ ...input, ...event, interval }, context)
      return {
        got: answer.data,
        expected: reference.activeUsers(range, { interval, ...event, filters: one.filters }),
      }
    })
    expect(compared).toBe(DATASETS * ASKED_PER_DATASET)
  })

  it('counts rolling active users as the definition says', { timeout: 120_000 }, async () => {
    const compared = await compareAll(async ({ one, input, range, context, reference }) => {
      if (one.interval === 'hour' || !hasDates(one)) return null
      const { interval, rolling } = one
      const answer = await questions.activeUsers({ ...input, interval, rolling }, context)
      return {
        got: answer.data,
        expected: reference.activeUsers(range, { interval, rolling, filters: one.filters }),
      }
    })
    expect(compared).toBeGreaterThan(DATASETS / 5)
  })

  it('ranks events as the definition says', { timeout: 120_000 }, async () => {
    const compared = await compareAll(async ({ one, input, range, context, reference }) => {
      const { limit, order, filters } = one
      const answer = await questions.topEvents({ ...input, limit, order }, context)
      return { got: answer.data, expected: reference.topEvents(range, { limit, order, filters }) }
    })
    expect(compared).toBe(DATASETS * ASKED_PER_DATASET)
  })

  it('finds who came back as the definition says', { timeout: 120_000 }, async () => {
    const compared = await compareAll(async ({ one, input, range, context, reference }) => {
      const { interval, periods, mode, count, filters } = one
      const answer = await questions.retention(
        {
          ...input,
          interval,
          periods,
          mode,
          count,
          ...set({ start_event: one.event, return_event: one.other }),
        },
        context,
      )
      const named = set({ startEvent: one.event, returnEvent: one.other })
      return {
        got: answer.data,
        expected: reference.retention(range, { interval, periods, mode, count, filters, ...named }),
      }
    })
    expect(compared).toBe(DATASETS * ASKED_PER_DATASET)
  })

  it('exports the events as they were sent, in order', { timeout: 120_000 }, async () => {
    const compared = await compareAll(async ({ one, input, range, context, reference, data }) => {
      const event = set({ event: one.event })
      const got: string[] = []
      for await (const events of questions.exportEvents({ ...input, ...event }, context)) {
        got.push(...events.map((stored) => JSON.stringify(stored)))
      }
      const byId = new Map(data.events.map((stored) => [stored.id, JSON.stringify(exported(stored))]))
      const ids = reference.exported(range, { ...event, filters: one.filters })
      return { got, expected: ids.map((id) => byId.get(id)) }
    })
    expect(compared).toBe(DATASETS * ASKED_PER_DATASET)
  })
})

function exported(event: TestEvent) {
  const time = (ms: number) => new Date(ms).toISOString()
  return {
    event_id: event.id,
    type: event.type,
    event: event.event,
    name: event.pageName,
    user_id: event.userId,
    anonymous_id: event.anonymousId,
    previous_id: event.previousId,
    group_id: event.groupId,
    session_id: event.sessionId,
    seq: event.seq,
    properties: event.properties,
    traits: event.traits,
    context: event.context,
    timestamp: time(event.time),
    original_timestamp: event.sent === undefined ? undefined : time(event.sent),
    received_at: time(event.receivedAt),
  }
}

// The numbers, held against a reference that shares no code with the product (reference*.ts): many generated projects in one
// table, each asked every question. A failure names the project and the question; the seed is fixed.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ColdReader, ColdWriter, QuestionContext, Questions } from '@penstock/pipeline'
import { createClickHouseQuestions } from '@penstock/pipeline/clickhouse'
import { writeProjects, type TestEvent } from './event-list.ts'
import { asked, dataset, type Asked, type Dataset } from './nasty-data.ts'
import { addDays, dateAt, dateEnd, dateStart } from './reference-calendar.ts'
import { createReference, type ReferenceRange } from './reference.ts'

const ASKED_PER_DATASET = 1
const SEED = 20_261_123
const TIMEOUT_MS = 120_000
const projectOf = (index: number): string => `project-${index}`

export interface OpenedQuestions {
  writer: ColdWriter
  reader: ColdReader
  close(): Promise<void>
}

interface Case {
  index: number
  data: Dataset
  reference: ReturnType<typeof createReference>
  one: Asked
  input: { from: string; to: string; tz: string; filters: Asked['filters'] }
  range: ReferenceRange
  context: QuestionContext
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

const set = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }

const hasDates = (one: Asked): boolean => 'days' in one.range.from && 'days' in one.range.to

/**
 * @param open - an empty store with its tables; a writer and a reader of it
 * @param numRuns - generated projects, each asked every question
 */
export function describeQuestions(name: string, numRuns: number, open: () => Promise<OpenedQuestions>): void {
  describe(`given generated projects: ${name}`, () => {
    let opened: OpenedQuestions
    let questions: Questions
    const datasets = fc.sample(dataset, { numRuns, seed: SEED })
    const allAsked = fc.sample(asked, { numRuns: numRuns * ASKED_PER_DATASET, seed: SEED })

    beforeAll(async () => {
      opened = await open()
      const projects = new Map(datasets.map(({ events }, index) => [projectOf(index), events]))
      await writeProjects(opened.writer, projects)
      questions = createClickHouseQuestions(opened.reader)
    })
    afterAll(() => opened.close())

    function cases(): Case[] {
      return datasets.flatMap((data, index) => {
        const reference = createReference(data.events)
        return allAsked
          .slice(index * ASKED_PER_DATASET, (index + 1) * ASKED_PER_DATASET)
          .map((one) => ({ index, data, reference, one, ...placed(data, one, projectOf(index)) }))
      })
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

    it('counts active users as the definition says', { timeout: TIMEOUT_MS }, async () => {
      const compared = await compareAll(async ({ one, input, range, context, reference }) => {
        const { interval } = one
        const event = set({ event: one.event })
        const answer = await questions.activeUsers({ ...input, ...event, interval }, context)
        return {
          got: answer.data,
          expected: reference.activeUsers(range, { interval, ...event, filters: one.filters }),
        }
      })
      expect(compared).toBe(numRuns * ASKED_PER_DATASET)
    })

    it('counts rolling active users as the definition says', { timeout: TIMEOUT_MS }, async () => {
      const compared = await compareAll(async ({ one, input, range, context, reference }) => {
        if (one.interval === 'hour' || !hasDates(one)) return null
        const { interval, rolling } = one
        const answer = await questions.activeUsers({ ...input, interval, rolling }, context)
        return {
          got: answer.data,
          expected: reference.activeUsers(range, { interval, rolling, filters: one.filters }),
        }
      })
      expect(compared).toBeGreaterThan(numRuns / 5)
    })

    it('ranks events as the definition says', { timeout: TIMEOUT_MS }, async () => {
      const compared = await compareAll(async ({ one, input, range, context, reference }) => {
        const { limit, order, filters } = one
        const answer = await questions.topEvents({ ...input, limit, order }, context)
        return { got: answer.data, expected: reference.topEvents(range, { limit, order, filters }) }
      })
      expect(compared).toBe(numRuns * ASKED_PER_DATASET)
    })

    it('finds who came back as the definition says', { timeout: TIMEOUT_MS }, async () => {
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
      expect(compared).toBe(numRuns * ASKED_PER_DATASET)
    })

    it('exports the events as they were sent, in order', { timeout: TIMEOUT_MS }, async () => {
      const compared = await compareAll(async ({ one, input, range, context, reference, data }) => {
        const event = set({ event: one.event })
        const got: string[] = []
        const { events: batches } = questions.exportEvents({ ...input, ...event }, context)
        for await (const events of batches) {
          got.push(...events.map((stored) => JSON.stringify(stored)))
        }
        const byId = new Map(data.events.map((stored) => [stored.id, JSON.stringify(exported(stored))]))
        const ids = reference.exported(range, { ...event, filters: one.filters })
        return { got, expected: ids.map((id) => byId.get(id)) }
      })
      expect(compared).toBe(numRuns * ASKED_PER_DATASET)
    })
  })
}

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

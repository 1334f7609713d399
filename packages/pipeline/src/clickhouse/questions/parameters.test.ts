import { describe, expect, it } from 'vitest'
import type { ColdQuery, ColdReader } from '../../ports/cold-store.ts'
import {
  QuestionInvalidError,
  type ActiveUsersInput,
  type ExportInput,
  type Filter,
  type QuestionContext,
  type RetentionInput,
  type TopEventsInput,
} from '../../ports/questions.ts'
import { createClickHouseQuestions } from './create-questions.ts'

const context: QuestionContext = {
  projectId: 'p',
  now: Date.UTC(2026, 10, 22, 12),
  asOf: Date.UTC(2026, 10, 22, 12),
}

/** A store without events that keeps what it was asked. */
function emptyStore() {
  const queries: ColdQuery[] = []
  const reader: ColdReader = {
    query: (query) => {
      queries.push(query)
      return Promise.resolve({ rows: [], stats: { elapsedMs: 1, rowsRead: 2 } })
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous
    async *stream(query) {
      queries.push(query)
      yield []
    },
    ping: () => Promise.resolve(),
  }
  return { queries, questions: createClickHouseQuestions(reader) }
}

async function refusal(ask: (questions: ReturnType<typeof emptyStore>['questions']) => Promise<unknown>) {
  const { queries, questions } = emptyStore()
  const error = await ask(questions).then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(queries).toEqual([])
  expect(error).toBeInstanceOf(QuestionInvalidError)
  return (error as QuestionInvalidError).parameter
}

// What callers send is not typed at run time.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- stands for a cast
const untyped = <T>(value: unknown): T => value as T

describe('active users', () => {
  it.each([
    ['interval', { interval: 'year' }],
    ['event', { event: '' }],
    ['event', { event: 'x'.repeat(201) }],
    ['rolling', { rolling: 0 }],
    ['rolling', { rolling: 1.5 }],
    ['rolling', { rolling: '7' }],
    ['rolling', { rolling: 7, interval: 'hour' }],
    ['rolling', { rolling: 7, from: '2026-11-01T00:00:00Z' }],
    ['rolling', { rolling: 7, to: '2026-11-22T00:00:00Z' }],
    ['from', { from: 'yesterday' }],
    ['tz', { tz: 'Nowhere' }],
  ])('refuses %s: %j before it asks the store', async (parameter, input) => {
    expect(
      await refusal((questions) => questions.activeUsers(untyped<ActiveUsersInput>(input), context)),
    ).toBe(parameter)
  })

  it('gives every period of the default range a 0 and says what it understood', async () => {
    const { questions } = emptyStore()
    const answer = await questions.activeUsers({}, context)
    expect(answer.data).toHaveLength(30)
    expect(answer.data.at(0)).toEqual({ period: '2026-10-24', users: 0 })
    expect(answer.data.at(-1)).toEqual({ period: '2026-11-22', users: 0, partial: true })
    expect(answer.query).toEqual({
      from: '2026-10-24',
      to: '2026-11-22',
      tz: 'UTC',
      interval: 'day',
      filters: [],
    })
    expect(answer.timezone).toBe('UTC')
  })

  it('counts characters of an event name, not code units', async () => {
    const { questions } = emptyStore()
    await expect(questions.activeUsers({ event: '😀'.repeat(200) }, context)).resolves.toBeDefined()
  })
})

describe('top events', () => {
  it.each([
    ['limit', { limit: 0 }],
    ['limit', { limit: 1001 }],
    ['order', { order: 'name' }],
  ])('refuses %s: %j', async (parameter, input) => {
    expect(await refusal((questions) => questions.topEvents(untyped<TopEventsInput>(input), context))).toBe(
      parameter,
    )
  })
})

describe('retention', () => {
  it.each([
    ['periods', { periods: 0 }],
    ['periods', { periods: 91 }],
    ['periods', { periods: 90, from: '2020-01-01' }],
    ['mode', { mode: 'last_time' }],
    ['count', { count: 'in' }],
    ['start_event', { start_event: '' }],
    ['return_event', { return_event: 5 }],
  ])('refuses %s: %j', async (parameter, input) => {
    expect(await refusal((questions) => questions.retention(untyped<RetentionInput>(input), context))).toBe(
      parameter,
    )
  })

  it('knows empty cohorts from cells that are not over', async () => {
    const { questions } = emptyStore()
    const { data } = await questions.retention({ from: '2026-11-20', periods: 2 }, context)
    expect(data).toEqual([
      { cohort: '2026-11-20', size: 0, values: [0, 0, null], rates: [0, 0, null] },
      { cohort: '2026-11-21', size: 0, values: [0, null, null], rates: [0, null, null] },
      { cohort: '2026-11-22', size: 0, values: [0, null, null], rates: [0, null, null], partial: true },
    ])
  })
})

describe('export', () => {
  it('refuses at once', () => {
    const { queries, questions } = emptyStore()
    expect(() => questions.exportEvents({ from: 'x' }, context)).toThrow(QuestionInvalidError)
    expect(queries).toEqual([])
  })

  it('says which range it understood: by default 30 days, today included', () => {
    const { questions } = emptyStore()
    const rangeOf = (input: ExportInput) => {
      const { start, end } = questions.exportEvents(input, context).range
      return [new Date(start).toISOString(), new Date(end).toISOString()]
    }
    expect(rangeOf({})).toEqual(['2026-10-24T00:00:00.000Z', '2026-11-23T00:00:00.000Z'])
    expect(rangeOf({ from: '2026-01-01', to: '2026-01-01', tz: 'Europe/Berlin' })).toEqual([
      '2025-12-31T23:00:00.000Z',
      '2026-01-01T23:00:00.000Z',
    ])
  })
})

describe('filters', () => {
  it.each<[string, unknown]>([
    ['no list', { property: 'event' }],
    ['no object', [5]],
    ['an unknown property', [{ property: 'country', op: 'exists' }]],
    ['properties alone', [{ property: 'properties', op: 'exists' }]],
    ['an empty key', [{ property: 'properties.a..b', op: 'exists' }]],
    ['traits of nobody', [{ property: 'user.traits', op: 'exists' }]],
    ['a path deeper than an event', [{ property: `properties${'.a'.repeat(16)}`, op: 'exists' }]],
    ['an unknown operator', [{ property: 'event', op: 'like', value: 'x' }]],
    ['an unknown field', [{ property: 'event', op: 'exists', values: [] }]],
    ['eq without a value', [{ property: 'event', op: 'eq' }]],
    ['eq null', [{ property: 'event', op: 'eq', value: null }]],
    ['eq of an object', [{ property: 'properties.a', op: 'eq', value: {} }]],
    ['in without a list', [{ property: 'event', op: 'in', value: 'x' }]],
    ['contains of a number', [{ property: 'event', op: 'contains', value: 5 }]],
    ['gt of a boolean', [{ property: 'properties.a', op: 'gt', value: true }]],
    ['exists with a value', [{ property: 'event', op: 'exists', value: true }]],
    ['too many', Array.from({ length: 51 }, () => ({ property: 'event', op: 'exists' }))],
  ])('refuses %s', async (_, filters) => {
    const input = { filters: untyped<Filter[]>(filters) }
    expect(await refusal((questions) => questions.topEvents(input, context))).toBe('filters')
  })

  it("never puts a caller's text into SQL, and names the project in every table access", async () => {
    const hostile = `') OR 1=1 --{project:String}`
    const filters: Filter[] = [
      { property: `properties.${hostile}`, op: 'eq', value: hostile },
      { property: `user.traits.${hostile}`, op: 'not_in', value: [hostile, 5, true] },
      { property: 'event', op: 'gt', value: hostile },
    ]
    const { queries, questions } = emptyStore()
    await questions.activeUsers({ filters, event: hostile, rolling: 2 }, context)
    await questions.topEvents({ filters, order: 'users' }, context)
    await questions.retention({ filters, start_event: hostile, return_event: hostile }, context)
    for await (const batch of questions.exportEvents({ filters, event: hostile }, context).events) {
      expect(batch).toEqual([])
    }
    expect(queries.length).toBeGreaterThanOrEqual(4)
    for (const { sql, params } of queries) {
      expect(sql).not.toContain('1=1')
      expect(params['project']).toBe('p')
      const accesses = sql.match(/FROM (?:events_v1|links_v1)/g)?.length ?? 0
      const guarded = sql.match(
        /FROM (?:events_v1|links_v1)\s+WHERE project_id = \{project:String\}/g,
      )?.length
      expect(guarded).toBe(accesses)
    }
  })
})

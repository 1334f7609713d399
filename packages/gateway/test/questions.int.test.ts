import type { StoredEvent } from '@penstock/contract'
import { PipelineError, QuestionInvalidError, type QuestionContext } from '@penstock/pipeline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { READ, WRITE, createWorld, track, type World } from './world.ts'

let world: World
beforeEach(async () => void (world = await createWorld({ clockDifferenceMs: 500 })))
afterEach(() => world.close())

const get = (url: string) => world.gateway.app.inject({ url, headers: READ })

describe('a question', () => {
  it('carries its parameters, read by their types', async () => {
    const filters = encodeURIComponent('[{"property":"properties.a","op":"in","value":[1,"b"]}]')
    await get(
      `/v1/analytics/active-users?from=2026-11-01&to=2026-11-20&tz=Europe/Berlin&interval=week&event=A&filters=${filters}`,
    )
    await get('/v1/analytics/active-users?rolling=7')
    await get('/v1/analytics/top-events?limit=3&order=users')
    await get(
      '/v1/analytics/retention?periods=5&mode=recurring&count=on_or_after&start_event=A&return_event=B&interval=month',
    )
    expect(world.asked.map(({ name, input }) => [name, input])).toEqual([
      [
        'activeUsers',
        {
          from: '2026-11-01',
          to: '2026-11-20',
          tz: 'Europe/Berlin',
          interval: 'week',
          event: 'A',
          filters: [{ property: 'properties.a', op: 'in', value: [1, 'b'] }],
        },
      ],
      ['activeUsers', { rolling: 7 }],
      ['topEvents', { limit: 3, order: 'users' }],
      [
        'retention',
        {
          periods: 5,
          mode: 'recurring',
          count: 'on_or_after',
          start_event: 'A',
          return_event: 'B',
          interval: 'month',
        },
      ],
    ])
  })

  it('answers { query, as_of, timezone, data, stats }', async () => {
    world.question.answer = {
      query: { from: '2026-11-01' },
      timezone: 'Europe/Berlin',
      data: [{ period: '2026-11-01', users: 3, partial: true }] as never[],
      stats: { elapsedMs: 12, rowsRead: 1000 },
    }
    expect((await get('/v1/analytics/active-users')).json()).toEqual({
      query: { from: '2026-11-01' },
      as_of: '2026-11-22T09:59:59.500Z',
      timezone: 'Europe/Berlin',
      data: [{ period: '2026-11-01', users: 3, partial: true }],
      stats: { elapsed_ms: 12, rows_read: 1000 },
    })
  })

  it('is as fresh as the cold stage was before it was asked', async () => {
    await world.gateway.app.inject({ method: 'POST', url: '/events', headers: WRITE, payload: track() })
    await world.settleAll()
    world.now += 3_000
    expect((await get('/v1/analytics/top-events')).json()).toMatchObject({
      as_of: '2026-11-22T09:59:59.500Z',
    })
    world.stateRow.coldThrough = 1
    expect((await get('/v1/analytics/top-events')).json()).toMatchObject({
      as_of: '2026-11-22T10:00:02.500Z',
    })
  })

  it("is asked of the key's project, or of the one that the installation's key names", async () => {
    await get('/v1/analytics/top-events')
    await world.gateway.app.inject({
      url: '/v1/analytics/top-events?project=other',
      headers: { authorization: 'Bearer ak_dev' },
    })
    expect(world.asked.map(({ context }) => context.projectId)).toEqual(['dev', 'other'])
    expect(world.asked[1]?.input).toEqual({})
  })

  const invalid: [string, string][] = [
    ['active-users?interval=year', 'interval'],
    ['active-users?rolling=0', 'rolling'],
    ['active-users?rolling=x', 'rolling'],
    ['active-users?limit=3', 'limit'],
    ['active-users?from=a&from=b', 'from'],
    ['active-users?filters=x', 'filters'],
    ['active-users?filters={}', 'filters'],
    ['active-users?filters=[{"property":1,"op":"eq"}]', 'filters'],
    ['active-users?filters=[{"property":"a","op":"eq","valeu":1}]', 'filters'],
    ['active-users?write_key=pk_dev', 'write_key'],
    ['active-users?__proto__=1', '__proto__'],
    ['top-events?limit=0', 'limit'],
    ['top-events?limit=1001', 'limit'],
    ['top-events?order=share', 'order'],
    ['retention?periods=91', 'periods'],
    ['retention?mode=weekly', 'mode'],
    ['retention?count=before', 'count'],
  ]
  it.each(invalid)('%s is 400 naming %s', async (question, parameter) => {
    const response = await get(`/v1/analytics/${question}`)
    expect(response.json()).toMatchObject({ status: 400, code: 'parameter_invalid', parameter })
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(world.asked).toEqual([])
  })

  it('that the question itself finds invalid is 400, too', async () => {
    world.question.failure = new QuestionInvalidError('tz', 'tz must be an IANA time zone')
    expect((await get('/v1/analytics/retention')).json()).toMatchObject({ status: 400, parameter: 'tz' })
  })

  it.each([
    ['overloaded', 'timeout', 504, 'query_timeout'],
    ['overloaded', 'memory', 422, 'query_too_large'],
    ['overloaded', undefined, 503, 'overloaded'],
    ['unavailable', undefined, 503, 'store_unavailable'],
    ['corrupt', undefined, 500, 'internal_error'],
  ] as const)('with the store %s (%s) is %i %s', async (kind, driverCode, status, code) => {
    world.question.failure = new PipelineError(
      kind,
      'cold',
      'secret',
      driverCode === undefined ? {} : { driverCode },
    )
    const response = await get('/v1/analytics/retention')
    expect(response.json()).toMatchObject({ status, code })
    expect(response.statusCode).toBe(status)
    expect(response.body).not.toContain('secret')
    expect(response.headers['retry-after']).toBe(status === 503 ? '1' : undefined)
  })
})

describe('an export', () => {
  const event = (n: number) => ({ event_id: `e${n}`, type: 'track', timestamp: 'T', received_at: 'R' })

  it('is one event a line', async () => {
    world.question.export = [[event(1), event(2)], [], [event(3)]]
    const response = await get('/v1/export?from=2026-11-01&event=A&format=ndjson')
    expect(response.headers['content-type']).toContain('application/x-ndjson')
    const lines = response.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(lines).toEqual([event(1), event(2), event(3)])
    expect(world.asked[0]?.input).toEqual({ from: '2026-11-01', event: 'A' })
  })

  it('says how fresh it is and which range it is of, to pages, too', async () => {
    const response = await world.gateway.app.inject({
      url: '/v1/export',
      headers: { ...READ, origin: 'https://any.example' },
    })
    expect(response.headers).toMatchObject({
      'penstock-as-of': '2026-11-22T09:59:59.500Z',
      'penstock-from': '2026-11-20T10:00:00.000Z',
      'penstock-to': '2026-11-22T09:59:59.999Z',
    })
    for (const name of ['Penstock-As-Of', 'Penstock-From', 'Penstock-To']) {
      expect(response.headers['access-control-expose-headers']).toContain(name)
    }
  })

  it('of nothing is empty', async () => {
    const response = await get('/v1/export')
    expect([response.statusCode, response.body]).toEqual([200, ''])
  })

  it.each(['csv', 'parquet', 'xml'])('as %s says that there is only ndjson yet', async (format) => {
    const response = await get(`/v1/export?format=${format}`)
    expect(response.json()).toMatchObject({ status: 400, code: 'parameter_invalid', parameter: 'format' })
    expect(response.json<{ detail: string }>().detail).toContain('ndjson')
  })

  it('of invalid input is a problem, not a broken stream', async () => {
    world.question.failure = new QuestionInvalidError('from', 'from must be before to')
    expect((await get('/v1/export')).json()).toMatchObject({ status: 400, parameter: 'from' })
  })
})

describe('a client that goes away', () => {
  it('aborts its question, and an export that nobody reads stops being read', async () => {
    await world.close()
    let aborted: () => void = () => undefined
    const gone = new Promise<void>((resolve) => (aborted = resolve))
    let groups = 0
    let returned: () => void = () => undefined
    const ended = new Promise<void>((resolve) => (returned = resolve))
    const waits = (_input: object, { signal }: QuestionContext) =>
      new Promise<never>((_, reject) => {
        signal?.addEventListener('abort', () => {
          aborted()
          reject(new PipelineError('unavailable', 'cold', 'aborted'))
        })
      })
    async function* endless(): AsyncGenerator<StoredEvent[]> {
      try {
        for (;;) {
          groups++
          const event = {
            event_id: 'e',
            type: 'track',
            timestamp: 'T',
            received_at: 'R',
            name: 'x'.repeat(50_000),
          }
          yield await Promise.resolve([event])
        }
      } finally {
        returned()
      }
    }
    const range = { start: 0, end: 1 }
    const questions = {
      activeUsers: waits,
      topEvents: waits,
      retention: waits,
      exportEvents: () => ({ range, events: endless() }),
    }
    world = await createWorld({}, { questions })
    const address = await world.gateway.app.listen({ host: '127.0.0.1', port: 0 })

    const asking = new AbortController()
    const asked = fetch(`${address}/v1/analytics/retention`, { headers: READ, signal: asking.signal }).catch(
      () => null,
    )
    await fetch(`${address}/health/live`)
    setTimeout(() => asking.abort(), 50)
    await Promise.all([asked, gone])

    const reading = new AbortController()
    const response = await fetch(`${address}/v1/export`, { headers: READ, signal: reading.signal })
    await response.body?.getReader().read()
    await fetch(`${address}/health/live`)
    // Some megabytes lie in the sockets' buffers; an export without back-pressure would go on for ever.
    let before = -1
    while (before !== groups) {
      before = groups
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(groups).toBeLessThan(2_000)
    reading.abort()
    await ended
  })
})

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { NOW, READ, WRITE, createWorld, store, testId, track, type World } from './world.ts'

let world: World
const at = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString()
const get = (url: string) => world.gateway.app.inject({ url, headers: READ })

beforeAll(async () => {
  world = await createWorld()
  await store(
    world,
    track({ event: 'anon first', user_id: null, anonymous_id: 'a1', timestamp: at(50) }),
    track({ event: 'anon second', user_id: null, anonymous_id: 'a2', timestamp: at(40) }),
    {
      event_id: testId(),
      type: 'identify',
      user_id: 'u1',
      anonymous_id: 'a1',
      timestamp: at(30),
      traits: { plan: 'free' },
    },
    {
      event_id: testId(),
      type: 'identify',
      user_id: 'u1',
      anonymous_id: 'a2',
      timestamp: at(20),
      traits: JSON.parse('{"plan":"pro","__proto__":1}') as object,
    },
    track({ event: 'as user', user_id: 'u1', timestamp: at(10) }),
    track({ event: 'as user', user_id: 'u1', timestamp: at(10) }),
    track({ event: 'stranger', user_id: null, anonymous_id: 'a3', timestamp: at(5) }),
    track({ event: 'namesake', user_id: null, anonymous_id: 'u1', timestamp: at(4) }),
  )
})
afterAll(() => world.close())

describe('GET /v1/users/{id}', () => {
  it('answers who somebody is, over all their ids', async () => {
    const response = await get('/v1/users/u1')
    expect(response.json()).toMatchObject({
      user_id: 'u1',
      anonymous_ids: ['a1', 'a2'],
      first_seen: at(50),
      last_seen: at(10),
    })
    expect(response.body).toContain('"plan":"pro"')
    expect(response.body).toContain('"__proto__":1')
  })

  it('answers a linked anonymous id for its user, and an unlinked one for itself', async () => {
    expect((await get('/v1/users/a1?kind=anonymous')).json()).toMatchObject({ user_id: 'u1' })
    expect((await get('/v1/users/a3?kind=anonymous')).json()).toMatchObject({
      user_id: null,
      anonymous_ids: ['a3'],
      traits: {},
    })
  })

  it('keeps users and anonymous ids apart', async () => {
    expect((await get('/v1/users/u1?kind=anonymous')).json()).toMatchObject({
      user_id: null,
      first_seen: at(4),
    })
    expect((await get('/v1/users/a3')).json()).toMatchObject({ status: 404, code: 'user_not_found' })
  })

  it('is 404 for nobody, and 400 for a parameter it does not know', async () => {
    expect((await get('/v1/users/nobody')).json()).toMatchObject({ status: 404, code: 'user_not_found' })
    expect((await get('/v1/users/nobody/events')).json()).toMatchObject({
      status: 404,
      code: 'user_not_found',
    })
    expect((await get('/v1/users/u1?kind=robot')).json()).toMatchObject({
      code: 'parameter_invalid',
      parameter: 'kind',
    })
    expect((await get('/v1/users/u1?color=1')).json()).toMatchObject({
      code: 'parameter_invalid',
      parameter: 'color',
    })
  })

  it('reads ids with any characters from the path', async () => {
    const id = 'a/b c%ü😀'.padEnd(255, 'ü')
    await store(world, track({ user_id: id }))
    expect((await get(`/v1/users/${encodeURIComponent(id)}`)).json()).toMatchObject({ user_id: id })
  })
})

describe('GET /v1/users/{id}/events', () => {
  type Page = { data: { event?: string; event_id: string; timestamp: string }[]; next_cursor: string | null }

  it('merges all timelines, newest first, ties by id descending', async () => {
    const { data, next_cursor } = (await get('/v1/users/u1/events')).json<Page>()
    expect(data.map(({ timestamp }) => timestamp)).toEqual([10, 10, 20, 30, 40, 50].map(at))
    expect((data[0]?.event_id ?? '') > (data[1]?.event_id ?? '')).toBe(true)
    expect(next_cursor).toBeNull()
    expect((await get('/v1/users/a2/events?kind=anonymous')).json<Page>().data).toEqual(data)
  })

  it.each([1, 2, 3, 5, 6])('pages by %i without a gap or a copy', async (limit) => {
    const whole = (await get('/v1/users/u1/events')).json<Page>().data
    const pages: Page['data'] = []
    let cursor: string | null = null
    do {
      const more: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page: Page = (await get(`/v1/users/u1/events?limit=${limit}${more}`)).json<Page>()
      pages.push(...page.data)
      cursor = page.next_cursor
    } while (cursor !== null)
    expect(pages).toEqual(whole)
  })

  it.each(['limit=0', 'limit=501', 'limit=x', 'limit=1&limit=2', 'cursor=x', 'cursor=', 'limit=1.5'])(
    'is 400 for ?%s',
    async (query) => {
      const response = await get(`/v1/users/u1/events?${query}`)
      expect(response.json()).toMatchObject({
        status: 400,
        code: 'parameter_invalid',
        parameter: query.split('=')[0],
      })
    },
  )
})

describe('Penstock-As-Of', () => {
  const asOf = '2026-11-22T09:59:59.500Z'
  let fresh: World
  beforeEach(async () => void (fresh = await createWorld({ clockDifferenceMs: 500 })))
  afterEach(() => fresh.close())
  const ask = async (url: string) => {
    const response = await fresh.gateway.app.inject({
      url,
      headers: { ...READ, origin: 'https://any.example' },
    })
    expect(response.headers['access-control-expose-headers']).toContain('Penstock-As-Of')
    return [response.statusCode, response.headers['penstock-as-of']]
  }
  const send = async () => {
    const sent = await fresh.gateway.app.inject({
      method: 'POST',
      url: '/events',
      headers: WRITE,
      payload: track({ user_id: 'ada' }),
    })
    return sent.json<{ accepted_at: string }>().accepted_at
  }

  it.each(['/v1/users/ada', '/v1/users/ada/events'])(
    'of %s tells who is not there yet from who never was',
    async (url) => {
      const acceptedAt = await send()
      fresh.now += 3_000
      const [status, before] = await ask(url)
      expect([status, before]).toEqual([404, asOf])
      expect(String(before) <= acceptedAt).toBe(true)

      await fresh.settleAll()
      expect(await ask(url)).toEqual([200, '2026-11-22T10:00:02.500Z'])
      const [missing, through] = await ask(url.replace('ada', 'nobody'))
      expect([missing, String(through) > acceptedAt]).toEqual([404, true])
    },
  )

  it('is read before the actor is', async () => {
    const { hot, state } = fresh
    const order: string[] = []
    const read = state.read.bind(state)
    const span = hot.span.bind(hot)
    state.read = (partition) => (order.push('progress'), read(partition))
    hot.span = (actor) => (order.push('actor'), span(actor))
    expect((await ask('/v1/users/nobody'))[0]).toBe(404)
    expect(order).toEqual(['progress', 'actor'])
  })

  it('is the time of the hot stage, not of the cold one', async () => {
    await send()
    await fresh.settleAll()
    fresh.now += 3_000
    fresh.stateRow.coldThrough = 0
    expect(await ask('/v1/users/ada')).toEqual([200, '2026-11-22T10:00:02.500Z'])
  })
})

import { parseUuid } from '@penstock/contract'
import { decodeChunk } from '@penstock/contract/stream'
import { identityKey, PipelineError, type DeadLetter } from '@penstock/pipeline'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ADMIN, WRITE, createWorld, store, testId, track, type World } from './world.ts'

let world: World
beforeEach(async () => void (world = await createWorld()))
afterEach(() => world.close())

const get = (url: string) => world.gateway.app.inject({ url: `/v1/dead-letters${url}`, headers: ADMIN })
const post = (url: string, payload?: object | string) =>
  world.gateway.app.inject({
    method: 'POST',
    url: `/v1/dead-letters${url}`,
    headers: ADMIN,
    ...(payload === undefined ? {} : { payload }),
  })

async function conflict(): Promise<{ winner: ReturnType<typeof track>; letter: DeadLetter }> {
  const winner = track()
  await store(world, winner)
  world.now += 1
  await store(world, { ...winner, event: 'Loser', seq: 7 })
  return { winner, letter: [...world.letters.values()].at(-1) as DeadLetter }
}

async function refused(more: object = {}): Promise<{ event: ReturnType<typeof track>; letter: DeadLetter }> {
  const event = track(more)
  await store(world, event)
  const letter = world.refuse({ projectId: 'dev', eventId: parseUuid(event.event_id) as Uint8Array })
  return { event, letter }
}

const lastAppended = () => decodeChunk(world.log.messages().at(-1)?.chunk as Uint8Array)[0]

describe('looking at dead letters', () => {
  it('lists them newest first, filtered, in pages', async () => {
    const first = (await conflict()).letter
    world.now += 1_000
    const second = (await refused()).letter
    const page = (await get('?limit=1')).json<{ data: { id: string }[]; next_cursor: string }>()
    expect(page.data).toEqual([
      {
        id: second.id,
        reason: 'store_refused',
        detail: 'made by a test',
        event_id: expect.any(String) as string,
        received_at: '2026-11-22T10:00:01.001Z',
        dead_at: '2026-11-22T10:00:01.001Z',
        attempts: 1,
        state: 'open',
      },
    ])
    const rest = (await get(`?limit=1&cursor=${encodeURIComponent(page.next_cursor)}`)).json<typeof page>()
    expect([rest.data[0]?.id, rest.next_cursor]).toEqual([first.id, null])
    expect((await get('?reason=event_id_conflict')).json<typeof page>().data).toHaveLength(1)
    expect((await get('?since=2026-11-22T10:00:01.000Z')).json<typeof page>().data).toHaveLength(1)
    expect((await get('?since=yesterday')).json()).toMatchObject({ status: 400, parameter: 'since' })
    expect((await get('?reason=bored')).json()).toMatchObject({ status: 400, parameter: 'reason' })
  })

  it.each(['cursor=AAAA', 'cursor='])('refuses %s, which no page gave', async (query) => {
    expect((await get(`?${query}`)).json()).toMatchObject({
      status: 400,
      code: 'parameter_invalid',
      parameter: 'cursor',
    })
  })

  it('shows the original bytes of one as text, or base64 when they are not UTF-8', async () => {
    const { letter, event } = await refused({ properties: { a: 'ü' } })
    const shown = (await get(`/${letter.id}`)).json<{ body: string; encoding: string }>()
    expect(shown.encoding).toBe('utf8')
    expect(JSON.parse(shown.body)).toEqual(event)
    world.letters.set(letter.id, { ...letter, body: Uint8Array.of(0xff, 0xfe) })
    expect((await get(`/${letter.id}`)).json()).toMatchObject({ body: '//4=', encoding: 'base64' })
  })

  it('shows one whose bytes are gone without them, and its receipt without the event', async () => {
    const { letter, event } = await refused()
    world.letters.set(letter.id, { ...letter, state: 'discarded', body: null })
    expect((await get(`/${letter.id}`)).json()).toMatchObject({ id: letter.id, body: null })
    const url = `/events/${event.event_id}`
    const receipt = (await world.gateway.app.inject({ url, headers: ADMIN })).json<object>()
    expect(receipt).toMatchObject({ state: 'dead_letter' })
    expect(receipt).not.toHaveProperty('event')
  })

  it('counts them by reason and state', async () => {
    await conflict()
    await refused()
    await post(`/${(await refused()).letter.id}/discard`)
    const { data } = (await get('/summary')).json<{ data: object[] }>()
    expect(data).toHaveLength(3)
    expect(data).toContainEqual({ reason: 'store_refused', state: 'discarded', count: 1 })
    expect(data).toContainEqual({ reason: 'event_id_conflict', state: 'open', count: 1 })
  })

  it("are nobody else's, and 404 when there is none", async () => {
    const { letter } = await refused()
    const foreign = { authorization: 'Bearer ak_other' }
    const url = `/v1/dead-letters/${letter.id}`
    expect((await world.gateway.app.inject({ url, headers: foreign })).json()).toMatchObject({
      code: 'dead_letter_not_found',
    })
    for (const response of [
      await get('/nothing'),
      await post('/nothing/replay'),
      await post('/nothing/discard'),
    ]) {
      expect(response.json()).toMatchObject({ status: 404, code: 'dead_letter_not_found' })
    }
  })
})

describe('replaying a letter', () => {
  it('sends its own bytes with their times, and settles it after they are durable', async () => {
    const { letter } = await refused({ timestamp: '2026-11-22T09:00:00.000Z' })
    world.now += 40 * 86_400_000
    const response = await post(`/${letter.id}/replay`)
    expect([response.statusCode, response.json()]).toEqual([202, { id: letter.id, state: 'replayed' }])
    const appended = lastAppended()
    expect(appended).toMatchObject({
      road: 'replay',
      receivedAt: letter.receivedAt,
      eventTime: letter.eventTime,
    })
    expect(Buffer.from(appended?.bytes ?? [])).toEqual(Buffer.from(letter.body ?? []))
    expect(world.failpoints).toContain('replay.after_append')
    expect(world.letters.get(letter.id)?.state).toBe('replayed')
  })

  it('leaves it open when nothing could be appended', async () => {
    const { letter } = await refused()
    world.log.failure = new PipelineError('unavailable', 'log', 'down')
    const response = await post(`/${letter.id}/replay`)
    expect(response.statusCode).toBe(503)
    expect(response.headers['retry-after']).toBeDefined()
    expect(world.letters.get(letter.id)?.state).toBe('open')
    expect(world.failpoints).not.toContain('replay.after_append')
  })

  it('twice changes nothing more', async () => {
    const { letter } = await refused()
    await post(`/${letter.id}/replay`)
    const before = world.log.messages().length
    expect((await post(`/${letter.id}/replay`)).json()).toEqual({ id: letter.id, state: 'replayed' })
    expect(world.log.messages()).toHaveLength(before)
  })

  it('that fails again leaves it open with one more attempt, however early it fails', async () => {
    const { letter } = await conflict()
    expect((await post(`/${letter.id}/replay`)).json()).toMatchObject({ state: 'replayed' })
    await world.settleAll()
    expect(world.letters.get(letter.id)).toMatchObject({ state: 'open', attempts: 2 })
    // The worker is faster than we are: the letter comes back before it is settled.
    const settle = world.deadLetters.settle.bind(world.deadLetters)
    world.deadLetters.settle = async (...args) => {
      await world.settleAll()
      return settle(...args)
    }
    expect((await post(`/${letter.id}/replay`)).json()).toEqual({ id: letter.id, state: 'open' })
    expect(world.letters.get(letter.id)).toMatchObject({ state: 'open', attempts: 3 })
  })

  it('sends a repaired event as it was written, and works its time out anew when the timestamp changed', async () => {
    const { letter, event } = await refused({ timestamp: '2026-11-22T09:00:00.000Z' })
    const text = JSON.stringify({ ...event, timestamp: '2026-11-22T08:00:00.000Z' }).replace(
      '{',
      '{ "seq": 9007199254740991, ',
    )
    expect((await post(`/${letter.id}/replay`, `{"event":null, "event" : ${text} }`)).statusCode).toBe(202)
    expect(Buffer.from(lastAppended()?.bytes ?? []).toString()).toBe(text)
    expect(lastAppended()?.eventTime).toBe(Date.parse('2026-11-22T08:00:00.000Z'))
    expect(lastAppended()?.receivedAt).toBe(letter.receivedAt)
  })

  it('keeps a corrected event time while the timestamp stays', async () => {
    const { letter, event } = await refused({ timestamp: '2026-11-22T09:00:00.000Z' })
    world.letters.set(letter.id, { ...letter, eventTime: letter.eventTime + 12_345 })
    await post(`/${letter.id}/replay`, { event: { ...event, name: 'repaired' } })
    expect(lastAppended()?.eventTime).toBe(letter.eventTime + 12_345)
  })

  it("refuses a conflict's old id, in any case, and takes another", async () => {
    const { letter, winner } = await conflict()
    for (const event_id of [winner.event_id, winner.event_id.toUpperCase()]) {
      const response = await post(`/${letter.id}/replay`, { event: { ...winner, event_id } })
      expect(response.json()).toMatchObject({ status: 422, code: 'event_id_conflict', field: 'event_id' })
    }
    const event_id = testId()
    expect((await post(`/${letter.id}/replay`, { event: { ...winner, event_id } })).json()).toMatchObject({
      state: 'replayed',
    })
    await world.settleAll()
    const receipt = await world.gateway.app.inject({ url: `/events/${event_id}`, headers: ADMIN })
    expect(receipt.json()).toMatchObject({ state: 'hot' })
  })

  it('sends no event whose refusal the worker has not finished: it would count as a copy of what then dies', async () => {
    const { letter, event } = await refused()
    const entry = { owner: letter.lastPosition, hash: new Uint8Array(16) }
    world.registry.set(identityKey(letter), { ...entry, state: 'live' })
    const before = world.log.messages().length
    for (const body of [{}, { event: { ...event, name: 'repaired' } }]) {
      const response = await post(`/${letter.id}/replay`, body)
      expect([response.statusCode, response.json()]).toEqual([202, { id: letter.id, state: 'open' }])
    }
    expect((await post('/replay')).json()).toEqual({ replayed: 0 })
    expect(world.log.messages()).toHaveLength(before)
    expect(world.letters.get(letter.id)).toMatchObject({ state: 'open', attempts: 1 })

    world.registry.set(identityKey(letter), { ...entry, state: 'dead' })
    expect((await post(`/${letter.id}/replay`)).json()).toMatchObject({ state: 'replayed' })
  })

  it('waits for the bytes of one that is opened again, and sends a repaired one at once', async () => {
    const { letter, event } = await refused()
    world.letters.set(letter.id, { ...letter, body: null })
    expect((await post(`/${letter.id}/replay`)).json()).toMatchObject({ state: 'open' })
    expect((await post(`/${letter.id}/replay`, { event })).json()).toMatchObject({ state: 'replayed' })
  })

  it.each(['under another id', 'when a later copy lives', 'when the cold stage is past it'])(
    'sends it %s',
    async (what) => {
      const { letter, event } = await refused()
      const later = { ...letter.lastPosition, seq: letter.lastPosition.seq + 1 }
      world.registry.set(identityKey(letter), {
        owner: what.includes('later') ? later : letter.lastPosition,
        hash: new Uint8Array(16),
        state: 'live',
      })
      if (what.includes('past')) world.stateRow.coldThrough = letter.lastPosition.seq
      const body = what.includes('id') ? { event: { ...event, event_id: testId() } } : {}
      expect((await post(`/${letter.id}/replay`, body)).json()).toMatchObject({ state: 'replayed' })
    },
  )

  it('refuses a repair that is no event with the code of the refusal', async () => {
    const { letter, event } = await refused()
    const cases: [object, string][] = [
      [{ ...event, event: null }, 'event_name_missing'],
      [{ ...event, type: 'x' }, 'type_unknown'],
      [{ ...event, event_id: 'x' }, 'event_id_invalid'],
      [{}, 'event_id_missing'],
    ]
    for (const [repaired, code] of cases) {
      expect((await post(`/${letter.id}/replay`, { event: repaired })).json()).toMatchObject({
        status: 422,
        code,
      })
    }
    expect(world.letters.get(letter.id)).toMatchObject({ state: 'open', attempts: 1 })
  })

  it.each([
    ['{', 'body_not_json'],
    ['{"event":1}', 'parameter_invalid'],
    ['{"evnt":{}}', 'parameter_invalid'],
    ['[]', 'parameter_invalid'],
  ])('answers 400 to the body %s', async (body, code) => {
    const { letter } = await refused()
    expect((await post(`/${letter.id}/replay`, body)).json()).toMatchObject({ status: 400, code })
  })
})

describe('replaying many', () => {
  it('sends every open one that fits, over pages, and says how many', async () => {
    for (let count = 0; count < 120; count++) await refused()
    await conflict()
    const discarded = (await refused()).letter
    await post(`/${discarded.id}/discard`)
    expect((await post('/replay', { reason: 'store_refused' })).json()).toEqual({ replayed: 120 })
    expect((await post('/replay', { reason: 'store_refused' })).json()).toEqual({ replayed: 0 })
    expect((await post('/replay', { since: '2030-01-01T00:00:00Z' })).json()).toEqual({ replayed: 0 })
    expect((await post('/replay')).json()).toEqual({ replayed: 1 })
    expect(world.letters.get(discarded.id)?.state).toBe('discarded')
  })

  it('ends when letters come back at once', async () => {
    for (let count = 0; count < 60; count++) await conflict()
    const settle = world.deadLetters.settle.bind(world.deadLetters)
    world.deadLetters.settle = async (...args) => {
      world.now += 1
      await world.settleAll()
      return settle(...args)
    }
    expect((await post('/replay')).json()).toEqual({ replayed: 60 })
  })
})

describe('discarding', () => {
  it('settles an open letter, also one that has just come again, and leaves a settled one', async () => {
    const { letter } = await refused()
    const settle = world.deadLetters.settle.bind(world.deadLetters)
    let raced = false
    world.deadLetters.settle = (...args) => {
      if (!raced) world.letters.set(letter.id, { ...letter, attempts: 2 })
      raced = true
      return settle(...args)
    }
    const response = await post(`/${letter.id}/discard`)
    expect([response.statusCode, response.json()]).toEqual([200, { id: letter.id, state: 'discarded' }])
    expect((await post(`/${letter.id}/replay`)).json()).toMatchObject({ state: 'discarded' })
  })

  it('asks the store once more about a settled one, whose bytes may still be there', async () => {
    const { letter } = await refused()
    await post(`/${letter.id}/replay`)
    const settle = vi.spyOn(world.deadLetters, 'settle')
    expect((await post(`/${letter.id}/discard`)).json()).toMatchObject({ state: 'replayed' })
    expect(settle).toHaveBeenCalledTimes(1)
  })
})

describe('a store of dead letters with little room', () => {
  it('refuses every project, before the worker meets a full store, and asks once for all of them', async () => {
    let asked = 0
    let fill = 0.9
    const letterFill = () => {
      asked++
      return Promise.resolve(fill)
    }
    await world.close()
    world = await createWorld({}, { letterFill })
    const send = (headers: object) =>
      world.gateway.app.inject({ method: 'POST', url: '/events', headers: { ...headers }, payload: track() })
    expect((await send(WRITE)).json()).toMatchObject({ status: 429, code: 'dead_letters_full' })
    expect(asked).toBe(1)
    fill = 0.89
    world.now += 1_000
    await send(WRITE)
    expect((await send(WRITE)).statusCode).toBe(202)
    expect(asked).toBe(2)
  })
})

describe('a project with 100,000 open letters', () => {
  it('gets 429 with Retry-After and RateLimit headers until there are fewer, and nobody else does', async () => {
    world.openLetters = 100_000
    const send = (url = '/events', headers = WRITE) =>
      world.gateway.app.inject({ method: 'POST', url, headers, payload: track() })
    const full = await send()
    expect(full.json()).toMatchObject({ status: 429, code: 'dead_letters_full' })
    expect(full.headers).toMatchObject({
      'retry-after': '60',
      'ratelimit-limit': '100000',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '60',
    })
    expect((await send('/v1/import', ADMIN)).statusCode).toBe(429)
    world.openLetters = 99_999
    world.now += 1_000
    await send()
    expect((await send()).statusCode).toBe(202)
  })
})

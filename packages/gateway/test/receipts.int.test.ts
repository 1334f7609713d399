import { PipelineError } from '@penstock/pipeline'
import { parseUuid } from '@penstock/contract'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ADMIN, NOW, READ, WRITE, createWorld, store, testId, track, type World } from './world.ts'

let world: World
beforeEach(async () => void (world = await createWorld()))
afterEach(() => world.close())

const receipt = (id: string, headers = READ) => world.gateway.app.inject({ url: `/events/${id}`, headers })

describe('the receipt of an event', () => {
  it('is hot once it is stored, and cold once it is counted', async () => {
    const event = track()
    await store(world, event)
    expect((await receipt(event.event_id)).json()).toMatchObject({
      event_id: event.event_id,
      state: 'hot',
      received_at: '2026-11-22T10:00:00.000Z',
    })
    world.stateRow.coldThrough = 1
    expect((await receipt(event.event_id)).json()).toMatchObject({ state: 'cold' })
    const alias = await world.gateway.app.inject({ url: `/v1/events/${event.event_id}`, headers: READ })
    expect(alias.json()).toMatchObject({ state: 'cold' })
  })

  it('holds the event for read and admin keys only, as every answer shows it', async () => {
    const event = track({ timestamp: '2026-11-22T11:00:00.000+02:00', foo: 1, properties: { a: 1 } })
    await store(world, event)
    for (const headers of [READ, ADMIN]) {
      expect((await receipt(event.event_id, headers)).json()).toMatchObject({
        event: {
          event_id: event.event_id,
          timestamp: '2026-11-22T09:00:00.000Z',
          received_at: '2026-11-22T10:00:00.000Z',
          properties: { a: 1 },
        },
      })
      expect((await receipt(event.event_id, headers)).body).not.toContain('foo')
    }
    expect((await receipt(event.event_id, WRITE)).json()).not.toHaveProperty('event')
    const beacon = await world.gateway.app.inject({ url: `/events/${event.event_id}?write_key=pk_dev` })
    expect(beacon.statusCode).toBe(200)
  })

  it('finds an id whatever its case', async () => {
    const event = track()
    await store(world, event)
    expect((await receipt(event.event_id.toUpperCase())).json()).toMatchObject({ event_id: event.event_id })
  })

  it("is nobody else's", async () => {
    const event = track()
    await store(world, event)
    expect((await receipt(event.event_id, { authorization: 'Bearer ak_other' })).statusCode).toBe(404)
  })

  it.each(['x', '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'])(
    'is 400 event_id_invalid for %s',
    async (id) => {
      const response = await receipt(id)
      expect(response.json()).toMatchObject({ status: 400, code: 'event_id_invalid' })
    },
  )

  it('shows the winner of a conflict with the latest letter of a loser', async () => {
    const event = track()
    await store(world, event)
    await store(world, { ...event, event: 'Other' })
    world.now += 1
    await store(world, { ...event, event: 'Third' })
    const answer = (await receipt(event.event_id)).json<{ dead_letter: { id: string; reason: string } }>()
    expect(answer).toMatchObject({ state: 'hot', event: { event: 'Signed Up' } })
    expect(answer.dead_letter.reason).toBe('event_id_conflict')
    const latest = [...world.letters.values()].find((letter) => letter.deadAt === world.now)
    expect(answer.dead_letter.id).toBe(latest?.id)
  })

  it('is a dead letter when the cold store refused the event, however far the cold stage is', async () => {
    const event = track()
    await store(world, event)
    const eventId = parseUuid(event.event_id) as Uint8Array
    const letter = world.refuse({ projectId: 'dev', eventId })
    world.stateRow.coldThrough = 99
    expect((await receipt(event.event_id)).json()).toMatchObject({
      state: 'dead_letter',
      dead_letter: { id: letter.id, reason: 'store_refused' },
      event: { event: 'Signed Up' },
    })
  })
})

describe('a 404', () => {
  it('says how far processing has come: the log time of the oldest event that waits', async () => {
    const waiting = track()
    await world.gateway.app.inject({ method: 'POST', url: '/events', headers: WRITE, payload: waiting })
    world.now += 60_000
    const response = await receipt(waiting.event_id)
    expect(response.statusCode).toBe(404)
    expect(response.json()).toMatchObject({
      code: 'event_not_found',
      processed_through: '2026-11-22T10:00:00.000Z',
    })
    await world.settleAll()
    expect((await receipt(testId())).json()).toMatchObject({ processed_through: '2026-11-22T10:01:00.000Z' })
  })

  it('read how far before it looked the event up', async () => {
    const reads: string[] = []
    const { log, state, hot } = world
    await world.close()
    world = await createWorld(
      {},
      {
        log: { ...log, end: (partition) => (reads.push('end'), log.end(partition)) },
        state: { ...state, read: (partition) => (reads.push('state'), state.read(partition)) },
        hot: { ...hot, events: (ids) => (reads.push('event'), hot.events(ids)) },
      },
    )
    await receipt(testId())
    expect(reads.indexOf('event')).toBeGreaterThan(reads.indexOf('end'))
    expect(reads.lastIndexOf('state')).toBeLessThan(reads.indexOf('event'))
  })

  it('is lowered by what clocks may differ', async () => {
    await world.close()
    world = await createWorld({ clockDifferenceMs: 1_000 })
    expect((await receipt(testId())).json()).toMatchObject({ processed_through: '2026-11-22T09:59:59.000Z' })
  })

  it('is event_expired when the id itself is older than 35 days', async () => {
    const day = 86_400_000
    expect((await receipt(testId(NOW - 35 * day))).json()).toMatchObject({ code: 'event_not_found' })
    expect((await receipt(testId(NOW - 35 * day - 1))).json()).toMatchObject({
      status: 404,
      code: 'event_expired',
      processed_through: '2026-11-22T10:00:00.000Z',
    })
    // A version 4 id holds no time.
    const v4 = '01000000-0000-4000-8000-000000000001'
    expect((await receipt(v4)).json()).toMatchObject({ code: 'event_not_found' })
  })

  it('is 503 instead when a store does not answer', async () => {
    await world.close()
    const failing = () => Promise.reject(new PipelineError('unavailable', 'hot', 'down at 10.0.0.1'))
    world = await createWorld({}, { hot: { ...world.hot, events: failing } })
    const response = await receipt(testId())
    expect(response.json()).toMatchObject({ status: 503, code: 'store_unavailable' })
    expect(response.headers['retry-after']).toBe('1')
    expect(response.body).not.toContain('10.0.0.1')
  })
})

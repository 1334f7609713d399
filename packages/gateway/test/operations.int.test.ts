import { PipelineError } from '@penstock/pipeline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { World } from './world.ts'
import { ADMIN, READ, WRITE, createWorld, store, track } from './world.ts'

let world: World
beforeEach(async () => void (world = await createWorld()))
afterEach(() => world.close())

const get = (url: string, headers: Record<string, string> = {}) => world.gateway.app.inject({ url, headers })
const send = (payload: object = track()) =>
  world.gateway.app.inject({ method: 'POST', url: '/events', headers: WRITE, payload })
async function ready(): Promise<{ status: number; failing: string[] }> {
  const response = await get('/health/ready')
  const { checks } = response.json<{ checks: Record<string, { ok: boolean }> }>()
  return {
    status: response.statusCode,
    failing: Object.keys(checks).filter((part) => checks[part]?.ok === false),
  }
}

describe('readiness', () => {
  it('is 200 after an append that really happened', async () => {
    expect(await ready()).toEqual({ status: 200, failing: [] })
    expect(world.log.messages()).toHaveLength(1)
    await ready()
    expect(world.log.messages()).toHaveLength(1)
    world.now += 5_000
    await ready()
    expect(world.log.messages()).toHaveLength(2)
  })

  it('names the log when appends fail, and recovers by itself', async () => {
    await ready()
    world.log.failure = new PipelineError('unavailable', 'log', 'disk /secret')
    expect((await send()).statusCode).toBe(503)
    expect(await ready()).toEqual({ status: 503, failing: ['log'] })
    expect((await get('/health/ready')).body).not.toContain('secret')
    world.log.failure = null
    expect(await ready()).toEqual({ status: 200, failing: [] })
  })

  it('names the log when it is at its cap', async () => {
    await send()
    world.log.capBytes = 10
    expect(await ready()).toEqual({ status: 503, failing: ['log'] })
  })

  it('names the worker and the cold store', async () => {
    world.workerAlive = false
    world.coldFailure = new Error('down')
    expect(await ready()).toEqual({ status: 503, failing: ['cold', 'worker'] })
    expect((await get('/health/live')).json()).toEqual({ status: 'live' })
  })
})

describe('metrics', () => {
  it('have the names and labels of the contract', async () => {
    await store(world, track(), { ...track(), type: 'page' })
    await send([track(), { type: 'x' }])
    await send([{}])
    await get('/v1/users/somebody-with-a-name', READ)
    await get('/no/such/path')
    const text = (await get('/metrics')).body
    for (const line of [
      'penstock_http_requests_total{route="/events",method="POST",status="202"} 2',
      'penstock_http_requests_total{route="/events",method="POST",status="422"} 1',
      'penstock_http_requests_total{route="/v1/users/:id",method="GET",status="404"} 1',
      'penstock_http_requests_total{route="other",method="GET",status="404"} 1',
      'penstock_http_request_duration_seconds_count{route="/events",method="POST"} 3',
      'penstock_http_request_duration_seconds_bucket{le="+Inf",route="/events",method="POST"} 3',
      'penstock_events_received_total 5',
      'penstock_events_accepted_total{type="track"} 2',
      'penstock_events_accepted_total{type="page"} 1',
      'penstock_events_rejected_total{code="event_id_missing"} 2',
      'penstock_worker_lag_events 3',
      'penstock_queue_bytes{queue="arriving"} 0',
      'penstock_queue_bytes{queue="ingest"} 0',
    ]) {
      expect(text.split('\n')).toContain(line)
    }
    // How close a queue is to its bound can be said from the metrics alone.
    for (const queue of ['arriving', 'ingest', 'log']) {
      expect(text).toMatch(new RegExp(`^penstock_queue_limit_bytes\\{queue="${queue}"\\} [1-9]\\d*$`, 'm'))
    }
    expect(text).not.toContain('somebody')
  })

  it('show the lag to the cold store in events and seconds', async () => {
    await store(world, track(), track())
    world.now += 2_500
    await store(world, track())
    expect((await get('/metrics')).body).toContain('penstock_worker_lag_seconds 2.5')
    world.stateRow.coldThrough = 1
    expect((await get('/metrics')).body).toContain('penstock_worker_lag_events 1')
    world.stateRow.coldThrough = 2
    const text = (await get('/metrics')).body
    expect(text).toContain('penstock_worker_lag_events 0')
    expect(text).toContain('penstock_worker_lag_seconds 0')
  })

  it('count errors of the log', async () => {
    world.log.failure = new PipelineError('full', 'log', 'full')
    await send()
    expect((await get('/metrics')).body).toContain('penstock_store_errors_total{store="log",kind="full"} 1')
  })

  it('count what clients say they lost and repeated, once the request is answered with 202', async () => {
    const report = (query: string, payload: object = track()) =>
      world.gateway.app.inject({ method: 'POST', url: `/events?${query}`, headers: WRITE, payload })
    const client = async () =>
      (await get('/metrics')).body.split('\n').filter((line) => line.startsWith('penstock_client_'))
    const atFirst = await client()
    expect(atFirst).toContain('penstock_client_dropped_events_total{reason="queue_full"} 0')
    expect(atFirst).toContain('penstock_client_retried_requests_total 0')

    expect((await report('dropped=queue_full:3,refused:1&retried=2')).statusCode).toBe(202)
    expect((await report('dropped=queue_full:4&retried=1')).statusCode).toBe(202)
    // Neither counts: the client has no answer 202 and says it again.
    expect((await report('dropped=queue_full:9&retried=9', {})).statusCode).toBe(422)
    world.log.failure = new PipelineError('unavailable', 'log', 'down')
    expect((await report('dropped=queue_full:9&retried=9')).statusCode).toBe(503)
    world.log.failure = null
    // Unreadable, unknown, or more than one request may add.
    expect((await report('dropped=mine:7,consent:x,too_large:-1&retried=1e9')).statusCode).toBe(202)
    expect((await report('dropped=shutdown:99999999')).statusCode).toBe(202)

    const counted = await client()
    expect(counted).toHaveLength(atFirst.length)
    for (const line of [
      'penstock_client_dropped_events_total{reason="queue_full"} 7',
      'penstock_client_dropped_events_total{reason="refused"} 1',
      'penstock_client_dropped_events_total{reason="consent"} 0',
      'penstock_client_dropped_events_total{reason="too_large"} 0',
      'penstock_client_dropped_events_total{reason="shutdown"} 10000000',
      'penstock_client_retried_requests_total 3',
    ]) {
      expect(counted).toContain(line)
    }
  })

  it("join the worker's text, each family once", async () => {
    await world.close()
    const workerMetrics = () =>
      Promise.resolve(
        '# HELP penstock_queue_bytes x\n# TYPE penstock_queue_bytes gauge\npenstock_queue_bytes{queue="cold"} 5\n\n' +
          '# HELP penstock_events_stored_total x\n# TYPE penstock_events_stored_total counter\npenstock_events_stored_total{store="hot"} 7\n' +
          '# HELP process_start_time_seconds x\n# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1\n',
      )
    world = await createWorld({}, { workerMetrics })
    const text = await world.gateway.metrics()
    expect(text.match(/# TYPE penstock_queue_bytes gauge/g)).toHaveLength(1)
    expect(text).toContain('penstock_queue_bytes{queue="cold"} 5')
    expect(text).toContain('penstock_queue_bytes{queue="ingest"} 0')
    expect(text).toContain('penstock_events_stored_total{store="hot"} 7')
    expect(text).not.toContain('process_start_time_seconds 1\n')
  })

  it('need an admin key, or are elsewhere, when the server is not on loopback', async () => {
    await world.close()
    world = await createWorld({ metrics: 'admin' })
    expect((await get('/metrics')).json()).toMatchObject({ status: 401, code: 'key_missing' })
    expect((await get('/metrics', READ)).json()).toMatchObject({ status: 403 })
    expect((await get('/metrics', ADMIN)).statusCode).toBe(200)
    await world.close()
    world = await createWorld({ metrics: 'off' })
    expect((await get('/metrics', ADMIN)).json()).toMatchObject({ status: 404, code: 'route_not_found' })
    expect(await world.gateway.metrics()).toContain('penstock_events_received_total')
  })
})

describe('an import', () => {
  const days = 86_400_000
  const old = () => track({ timestamp: new Date(world.now - 400 * days).toISOString() })
  const load = () =>
    world.gateway.app.inject({ method: 'POST', url: '/v1/import', headers: ADMIN, payload: old() })

  it('takes any time since 1970', async () => {
    expect((await load()).json()).toMatchObject({ accepted: 1 })
    expect((await send(old())).json()).toMatchObject({ rejected: [{ code: 'timestamp_too_old' }] })
  })

  it('waits while the worker is behind', async () => {
    await send()
    world.now += 1_001
    let answered = false
    const waiting = load().then((response) => {
      answered = true
      return response
    })
    await send() // a round trip of a live event, which nothing holds back
    expect(answered).toBe(false)
    await world.settleAll()
    expect((await waiting).statusCode).toBe(202)
  })

  it('gets 503 overloaded with Retry-After after a bounded wait', async () => {
    await send()
    world.now += 1_001
    const waiting = load()
    const clock = setInterval(() => (world.now += 1_000), 1) // ten seconds pass, tick by tick
    const response = await waiting
    clearInterval(clock)
    expect(response.json()).toMatchObject({ status: 503, code: 'overloaded' })
    expect(response.headers['retry-after']).toBe('2')
  })

  it('gets it at once when too many wait', async () => {
    await send()
    world.now += 1_001
    const waiting = Array.from({ length: 17 }, load)
    const first = await Promise.race(waiting)
    expect(first.statusCode).toBe(503)
    await world.settleAll()
    const statuses = (await Promise.all(waiting)).map(({ statusCode }) => statusCode).sort()
    expect(statuses).toEqual([...Array.from({ length: 16 }, () => 202), 503])
  })
})

describe('stopping', () => {
  it('fails readiness first, serves while it drains, answers what is in flight, refuses what is new', async () => {
    let open: () => void = () => undefined
    world.log.gate = new Promise((resolve) => (open = resolve))
    const inFlight = send()
    const stopped = world.gateway.stop({ drainMs: 200 })
    world.log.gate = Promise.resolve()
    expect((await ready()).failing).toEqual(['server'])
    expect((await send()).statusCode).toBe(202)
    await new Promise((resolve) => setTimeout(resolve, 250))
    open()
    expect((await inFlight).statusCode).toBe(202)
    await stopped
    expect(world.log.messages().length).toBeGreaterThanOrEqual(2)
  })
})

describe('half a gateway', () => {
  it('serves sending or answers, and receipts in both', async () => {
    await world.close()
    for (const [serve, events, users] of [
      ['ingest', 202, 404],
      ['answers', 405, 404],
    ] as const) {
      world = await createWorld({ serve })
      const event = track()
      expect(
        (
          await world.gateway.app.inject({
            method: 'POST',
            url: '/v1/events',
            headers: WRITE,
            payload: event,
          })
        ).statusCode,
      ).toBe(events === 405 ? 404 : events)
      const user = (await get('/v1/users/u1', READ)).json<{ status: number; code: string }>()
      expect([user.status, user.code]).toEqual([
        users,
        serve === 'ingest' ? 'route_not_found' : 'user_not_found',
      ])
      expect((await get(`/events/${event.event_id}`, READ)).json()).toMatchObject({ code: 'event_not_found' })
      if (serve === 'ingest') await world.close()
    }
  })
})

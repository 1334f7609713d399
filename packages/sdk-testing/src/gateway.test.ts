import { createPenstock } from '@penstock/node'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type FakeGateway, startFakeGateway } from './gateway.ts'

let gateway: FakeGateway
beforeEach(async () => {
  gateway = await startFakeGateway({ writeKey: 'pk_test' })
})
afterEach(() => gateway.close())

const post = (body: unknown, key = 'pk_test') =>
  fetch(`${gateway.url}/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const event = (name: string) => ({ event_id: crypto.randomUUID(), type: 'track', event: name, user_id: 'u1' })

it('takes events of the real client over HTTP and has the same matchers', async () => {
  const penstock = createPenstock({ writeKey: 'pk_test', host: gateway.url })
  penstock.track({ userId: 'u1', event: 'Order Completed', properties: { total: 12.5 } })
  const waiting = gateway.waitForEvent('Order Completed', { total: 12.5 }, { timeoutMs: 10_000 })
  await penstock.shutdown()
  const { event_id } = await waiting
  expect(gateway.copies().get(event_id)).toBe(1)
  gateway.expectEvent({ type: 'track', user_id: 'u1' })
  gateway.expectNoEvent('Refunded')
  expect(gateway.requests).toMatchObject([{ status: 202, path: '/events' }])
})

it('answers by script, then as told otherwise, then accepts', async () => {
  gateway.script({ status: 503, headers: { 'retry-after': '7' } }, { rejected: { 1: 'event_name_missing' } })
  const refused = await post([event('A')])
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '7'])
  const partial = (await (await post([event('A'), event('B'), event('C')])).json()) as object
  expect(partial).toMatchObject({ accepted: 2, rejected: [{ index: 1, code: 'event_name_missing' }] })
  gateway.otherwise(({ events }) => (events.length > 1 ? { status: 413, code: 'body_too_large' } : {}))
  expect((await post([event('D'), event('E')])).status).toBe(413)
  expect((await post([event('D')])).status).toBe(202)
  expect(gateway.events().map((one) => one.event)).toEqual(['A', 'C', 'D'])
})

it('cuts connections before and after it took the events', async () => {
  gateway.script({ cut: 'before' }, { cut: 'after' }, { cut: 'midway' })
  await expect(post([event('lost')])).rejects.toThrow()
  await expect(post([event('taken')])).rejects.toThrow()
  await expect(post([event('half')]).then((answer) => answer.text())).rejects.toThrow()
  expect(gateway.events().map((one) => one.event)).toEqual(['taken', 'half'])
})

it('refuses another key, and can be down and up again on its port', async () => {
  expect((await post([event('A')], 'pk_other')).status).toBe(401)
  expect(gateway.events()).toEqual([])
  await gateway.stop()
  await expect(post([event('A')])).rejects.toThrow()
  await gateway.start()
  expect((await post([event('A')])).status).toBe(202)
  gateway.reset()
  expect(gateway.events()).toEqual([])
})

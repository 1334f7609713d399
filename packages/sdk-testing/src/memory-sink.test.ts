import { createPenstock } from '@penstock/node'
import { expect, it } from 'vitest'
import { createMemorySink } from './index.ts'

type Plan = {
  'Order Completed': { total: number; items: string[]; coupon?: string }
  'Signed Up': { plan?: string }
}

function start() {
  const sink = createMemorySink()
  return { sink, penstock: createPenstock({ ...sink.options }) }
}

it('finds a tracked event by name and some of its properties', () => {
  const { sink, penstock } = start()
  penstock.track({ userId: 'u1', event: 'Signed Up' })
  penstock.track({ userId: 'u1', event: 'Order Completed', properties: { total: 1, items: [] } })
  penstock.track({ userId: 'u2', event: 'Order Completed', properties: { total: 12.5, items: ['a', 'b'] } })
  const event = sink.expectEvent('Order Completed', { total: 12.5 })
  expect(event).toMatchObject({ type: 'track', user_id: 'u2', properties: { items: ['a', 'b'] } })
  expect(event.event_id).toMatch(/^[0-9a-f-]{36}$/)
  sink.expectEvent('Signed Up')
})

it('takes rules, matchers of a test runner, dates and nested parts', () => {
  const { sink, penstock } = start()
  const when = new Date('2026-11-25T10:00:00Z')
  const properties = { total: 3, when, cart: { lines: [{ sku: 'a', count: 2 }], note: 'x' } }
  penstock.track({ userId: 'u1', event: 'Order Completed', properties })
  sink.expectEvent('Order Completed', {
    total: (total: unknown) => typeof total === 'number' && total > 2,
    when,
    cart: { lines: [{ sku: expect.any(String) as string }] },
  })
  expect(() => sink.expectEvent('Order Completed', { total: () => false })).toThrow(/which its rule refuses/)
  expect(() => sink.expectEvent('Order Completed', { total: expect.any(String) as string })).toThrow(
    /properties\.total is 3, which .* refuses/,
  )
  expect(() => sink.expectEvent('Order Completed', { cart: { lines: [] } })).toThrow(
    'properties.cart.lines has 1 elements, expected 0',
  )
})

it('finds every kind of event by a pattern', () => {
  const { sink, penstock } = start()
  penstock.identify({ userId: 'u1', traits: { plan: 'pro', seats: 3 } })
  penstock.page({ anonymousId: 'a1', name: 'Home' })
  penstock.group({ userId: 'u1', groupId: 'g1' })
  sink.expectEvent({ type: 'identify', user_id: 'u1', traits: { plan: 'pro' } })
  sink.expectEvent({ type: 'page', name: 'Home', anonymous_id: 'a1' })
  sink.expectEvent({ group_id: 'g1', context: { library: { name: '@penstock/node' } } })
  sink.expectNoEvent({ type: 'alias' })
})

it('says which event came closest, and where it differs', () => {
  const { sink, penstock } = start()
  expect(() => sink.expectEvent('Signed Up')).toThrow('there was no event at all')
  penstock.track({ userId: 'u1', event: 'Order Completed', properties: { total: 10 } })
  penstock.page({ userId: 'u1' })
  expect(() => sink.expectEvent('Order Completed', { total: 12.5 })).toThrow(
    [
      'no event matches {"type":"track","event":"Order Completed","properties":{"total":12.5}}',
      'closest: track "Order Completed": properties.total is 10, expected 12.5',
      'all 2: track "Order Completed", page',
    ].join('\n'),
  )
})

it('refuses an event that was not to come, and shows it', () => {
  const { sink, penstock } = start()
  penstock.track({ userId: 'u1', event: 'Payment Failed', properties: { code: 7 } })
  sink.expectNoEvent('Payment Failed', { code: 8 })
  expect(() => sink.expectNoEvent('Payment Failed', { code: 7 })).toThrow(/"user_id":"u1"/)
})

it('waits for an event that comes later, and gives up in time', async () => {
  const { sink, penstock } = start()
  const waiting = sink.waitForEvent('Receipt Sent', { to: 'ada' })
  penstock.track({ userId: 'u1', event: 'Receipt Sent', properties: { to: 'bob' } })
  penstock.track({ userId: 'u1', event: 'Receipt Sent', properties: { to: 'ada' } })
  expect((await waiting).properties).toEqual({ to: 'ada' })
  await expect(sink.waitForEvent({ type: 'page' }, { timeoutMs: 20 })).rejects.toThrow(
    /^no event matches \{"type":"page"\} within 20 ms/,
  )
})

it('sees what the own beforeSend returns, and nothing of what it drops', () => {
  const sink = createMemorySink({
    beforeSend: (event) => (event.event === 'Secret' ? null : { ...event, properties: { scrubbed: true } }),
  })
  const penstock = createPenstock({ ...sink.options })
  penstock.track({ userId: 'u1', event: 'Secret' })
  penstock.track({ userId: 'u1', event: 'Open', properties: { card: '4111' } })
  expect(sink.events().map(({ event, properties }) => [event, properties])).toEqual([
    ['Open', { scrubbed: true }],
  ])
})

it('forgets, and sends nothing', async () => {
  const { sink, penstock } = start()
  penstock.track({ userId: 'u1', event: 'A' })
  sink.clear()
  expect(sink.events()).toEqual([])
  expect(await penstock.shutdown()).toMatchObject({ delivered: 0, remaining: 0 })
  expect(penstock.stats()).toMatchObject({ tracked: 1, queued: 0, dropped: { before_send: 1 } })
})

it('has the names and properties of a plan, for the compiler', () => {
  const sink = createMemorySink<Plan>()
  createPenstock<Plan>({ ...sink.options }).track({
    userId: 'u1',
    event: 'Order Completed',
    properties: { total: 1, items: ['a'] },
  })
  sink.expectEvent('Order Completed', { total: (total) => total === 1, items: ['a'] })
})

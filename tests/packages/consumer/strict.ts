// A strict project compiles against the packed declarations, and what the plan does not have does not compile.
import { createPenstock as createBrowser, type Penstock as BrowserPenstock } from '@penstock/browser'
import { createPenstock as createCore, type CorePenstock } from '@penstock/browser/core'
import { PenstockProvider, usePageViews, usePenstock, useTrack } from '@penstock/browser/react'
import { createPenstock, type FlushResult, type NodeOptions, type Penstock } from '@penstock/node'
import { createMemorySink, type ReceivedEvent } from '@penstock/testing'
import { startFakeGateway, type FakeGateway } from '@penstock/testing/gateway'
import type { Plan } from './plan.js'

const options: NodeOptions = { writeKey: 'pk_dev', host: 'https://events.example.com' }

export function backend(): Promise<FlushResult> {
  const penstock: Penstock<Plan> = createPenstock<Plan>({ ...options, spool: { directory: '/tmp/spool' } })
  penstock.track({ userId: 'u1', event: 'Order Completed', properties: { total: 1, method: 'card' } })
  penstock.track({ userId: 'u1', event: 'Signed Up' })
  // @ts-expect-error no such event
  penstock.track({ userId: 'u1', event: 'Order Complete', properties: { total: 1, method: 'card' } })
  // @ts-expect-error wrong type
  penstock.track({ userId: 'u1', event: 'Order Completed', properties: { total: '1', method: 'card' } })
  // @ts-expect-error not one of the values
  penstock.track({ userId: 'u1', event: 'Order Completed', properties: { total: 1, method: 'cheque' } })
  // @ts-expect-error a required property is missing
  penstock.track({ userId: 'u1', event: 'Order Completed', properties: { total: 1 } })
  // @ts-expect-error nobody did it
  penstock.track({ event: 'Signed Up' })
  return penstock.with({ userId: 'u1' }).flush()
}

export function page(): void {
  const penstock: BrowserPenstock<Plan> = createBrowser<Plan>({ ...options, consent: 'pending' })
  const core: CorePenstock<Plan> = createCore<Plan>(options)
  penstock.track('Order Completed', { total: 1, method: 'cash', coupon: 'SPRING' })
  penstock.optIn()
  core.track('Signed Up')
  // @ts-expect-error no such event
  penstock.track('Order Complete', { total: 1, method: 'cash' })
  // @ts-expect-error wrong type
  penstock.track('Order Completed', { total: '1', method: 'cash' })
  // @ts-expect-error properties are required
  core.track('Order Completed')
  // @ts-expect-error no such property
  core.track('Signed Up', { plam: 'pro' })
  // @ts-expect-error no consent states in this entry
  core.optIn()
}

export function Component(): ReturnType<typeof PenstockProvider> {
  usePageViews('/home')
  const track = useTrack<Plan>()
  track('Signed Up', { plan: 'pro' })
  // @ts-expect-error no such event
  track('Sign Up')
  return PenstockProvider({ client: usePenstock() })
}

export async function tests(): Promise<ReceivedEvent> {
  const sink = createMemorySink<Plan>()
  createPenstock<Plan>({ ...sink.options }).track({ userId: 'u1', event: 'Signed Up' })
  createBrowser<Plan>({ ...sink.options }).track('Signed Up')
  // @ts-expect-error wrong type
  sink.expectEvent('Order Completed', { total: '1' })
  const gateway: FakeGateway = await startFakeGateway()
  gateway.script({ status: 503 })
  return sink.expectEvent('Order Completed', { total: (total) => total > 0 })
}

// Typed events in the browser: wrong names and properties do not compile. Checked by the compiler in `npm run check`; nothing here runs.
import Type from 'typebox'
import { createPenstock as createCore } from './core.ts'
import { createPenstock } from './index.ts'
import { usePenstock, useTrack } from './react.ts'

const plan = {
  'Order Completed': Type.Object({
    total: Type.Number(),
    method: Type.Union([Type.Literal('card'), Type.Literal('cash')]),
    coupon: Type.Optional(Type.String()),
  }),
  'Signed Up': Type.Object({ plan: Type.Optional(Type.String()) }),
}
type Plan = typeof plan
const options = { writeKey: 'pk', host: 'https://x' }

/** An interface, unlike a type, has no index signature. */
interface Order {
  total: number
}
const order: Order = { total: 1 }

export function typed(): void {
  const penstock = createPenstock<Plan>(options)
  penstock.track('Order Completed', { total: 1, method: 'card' })
  penstock.track('Signed Up')
  penstock.track('Signed Up', { plan: 'pro' }, { timestamp: new Date() })
  // @ts-expect-error no such event
  penstock.track('Order Complete', { total: 1, method: 'card' })
  // @ts-expect-error properties are required
  penstock.track('Order Completed')
  // @ts-expect-error wrong type
  penstock.track('Order Completed', { total: '1', method: 'card' })
  // @ts-expect-error not one of the values
  penstock.track('Order Completed', { total: 1, method: 'cheque' })
  // @ts-expect-error no such property
  penstock.track('Signed Up', { plam: 'pro' })

  const core = createCore<Plan>(options)
  core.track('Signed Up', { plan: 'pro' })
  // @ts-expect-error no such event
  core.track('Sign Up')
  // @ts-expect-error consent states are not in this entry
  core.optIn()
}

export function Typed(): void {
  useTrack<Plan>()('Signed Up')
  // @ts-expect-error no such event
  useTrack<Plan>()('Sign Up')
  // @ts-expect-error wrong type
  usePenstock<Plan>().track('Order Completed', { total: '1', method: 'card' })
}

export function plain(): void {
  const penstock = createPenstock<{ Paid: { cents: number } }>(options)
  penstock.track('Paid', { cents: 1 })
  // @ts-expect-error wrong type
  penstock.track('Paid', { cents: 'one' })
  // No plan: anything goes.
  const open = createPenstock(options)
  open.track('Anything', { at: 'all' })
  open.track('Anything', order)
  open.page('Anything', order, { context: order })
  open.identify('u', order)
  open.group('g', order)
  // @ts-expect-error properties are an object
  open.track('Anything', 'text')
  // @ts-expect-error properties are an object
  open.identify('u', 'text')
  // @ts-expect-error a misspelt option
  createPenstock({ ...options, flushInterval: 1 })
}

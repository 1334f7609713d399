// Typed events: wrong names and properties do not compile. Checked by the compiler in `npm run check`; nothing here runs.
import { type CorePenstock, type Penstock, createPenstock } from './index.ts'

type Strict = { 'Order Completed': { total: number; coupon?: string }; 'Signed Up': { plan?: string } }

export function typed(penstock: Penstock<Strict>, core: CorePenstock<Strict>): void {
  penstock.track('Order Completed', { total: 1 })
  penstock.track('Order Completed', { total: 1, coupon: 'x' }, { eventId: 'x', timestamp: new Date() })
  penstock.track('Signed Up')
  core.track('Signed Up', { plan: 'pro' })
  // @ts-expect-error no such event
  penstock.track('Order Complete', { total: 1 })
  // @ts-expect-error properties are required
  penstock.track('Order Completed')
  // @ts-expect-error wrong type
  penstock.track('Order Completed', { total: '1' })
  // @ts-expect-error no such property
  penstock.track('Signed Up', { plam: 'pro' })
  // @ts-expect-error consent is not in the core entry
  core.optIn()
}

export function untyped(): void {
  const penstock = createPenstock({ writeKey: 'pk_test', host: 'https://events.example.com' })
  penstock.track('Anything', { at: 'all' })
  penstock.page()
  penstock.page('Pricing', { plan: 'pro' })
  penstock.identify(42, { email: 'a@example.com' })
  // @ts-expect-error a key is required
  createPenstock({ host: 'https://events.example.com' })
}

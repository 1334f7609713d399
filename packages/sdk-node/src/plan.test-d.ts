// Typed events: wrong names and properties do not compile. Checked by the compiler in `npm run check`; nothing here runs.
import Type, { type Static } from 'typebox'
import { type Penstock, type PropertiesOf, createPenstock } from './index.ts'

export const plan = {
  'Order Completed': Type.Object({
    total: Type.Number(),
    coupon: Type.Optional(Type.String()),
    items: Type.Array(Type.Object({ sku: Type.String(), count: Type.Integer() })),
    method: Type.Union([Type.Literal('card'), Type.Literal('cash')]),
    tier: Type.Enum(['free', 'pro']),
    note: Type.Union([Type.String(), Type.Null()]),
    extra: Type.Record(Type.String(), Type.Number()),
    size: Type.Tuple([Type.Number(), Type.String()]),
    both: Type.Intersect([Type.Object({ a: Type.Number() }), Type.Object({ b: Type.Boolean() })]),
    any: Type.Unknown(),
  }),
  'Signed Up': Type.Object({ plan: Type.Optional(Type.String()) }),
}
type Plan = typeof plan

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- how two types are compared
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Holds<T extends true> = T

// What we read off a TypeBox schema is what TypeBox itself says.
type Ours = PropertiesOf<Plan, 'Order Completed'>
type Theirs = Static<Plan['Order Completed']>
export type Facts = [
  Holds<Same<PropertiesOf<Plan, 'Signed Up'>, Static<Plan['Signed Up']>>>,
  Holds<Ours extends Theirs ? true : false>,
  Holds<Theirs extends Ours ? true : false>,
  Holds<Same<keyof Ours, keyof Theirs>>,
  Holds<Same<Ours['method'], 'card' | 'cash'>>,
  Holds<Same<Ours['tier'], 'free' | 'pro'>>,
]

const order: Ours = {
  total: 1,
  items: [{ sku: 'a', count: 1 }],
  method: 'card',
  tier: 'pro',
  note: null,
  extra: { a: 1 },
  size: [1, 'm'],
  both: { a: 1, b: true },
  any: new Date(),
}

/** An interface, unlike a type, has no index signature. */
interface Bill {
  cents: number
}
const bill: Bill = { cents: 1 }

export function typed(penstock: Penstock<Plan>): void {
  penstock.track({ userId: 'u', event: 'Order Completed', properties: order })
  penstock.track({ userId: 'u', event: 'Signed Up' })
  penstock.track({ anonymousId: 'a', event: 'Signed Up', properties: { plan: 'pro' } })
  // @ts-expect-error no such event
  penstock.track({ userId: 'u', event: 'Order Complete', properties: order })
  // @ts-expect-error properties are required
  penstock.track({ userId: 'u', event: 'Order Completed' })
  // @ts-expect-error wrong type
  penstock.track({ userId: 'u', event: 'Order Completed', properties: { ...order, total: '1' } })
  // @ts-expect-error no such property
  penstock.track({ userId: 'u', event: 'Signed Up', properties: { plam: 'pro' } })
  // @ts-expect-error nobody did it
  penstock.track({ event: 'Signed Up' })
  const bound = penstock.with({ userId: 'u' })
  bound.track({ event: 'Signed Up' })
  bound.identify({ traits: { plan: 'pro' } })
  const withContext = penstock.with({ context: { region: 'eu' } })
  // @ts-expect-error still nobody
  withContext.track({ event: 'Signed Up' })
}

export function plain(): void {
  // A plan of plain types, without TypeBox.
  const penstock = createPenstock<{ Paid: { cents: number } }>({ writeKey: 'pk', host: 'https://x' })
  penstock.track({ userId: 'u', event: 'Paid', properties: { cents: 1 } })
  // @ts-expect-error wrong type
  penstock.track({ userId: 'u', event: 'Paid', properties: { cents: 'one' } })
  // No plan: anything goes.
  const open = createPenstock({ writeKey: 'pk', host: 'https://x' })
  open.track({ userId: 'u', event: 'Anything', properties: { at: 'all' } })
  open.track({ userId: 'u', event: 'Anything', properties: bill, context: bill })
  open.page({ userId: 'u', properties: bill })
  open.identify({ userId: 'u', traits: bill })
  open.with({ context: bill }).group({ userId: 'u', groupId: 'g', traits: bill })
  // @ts-expect-error properties are an object
  open.track({ userId: 'u', event: 'Anything', properties: 'text' })
  // @ts-expect-error properties are an object
  open.identify({ userId: 'u', traits: 'text' })
  // @ts-expect-error a misspelt option
  createPenstock({ writeKey: 'pk', host: 'https://x', flushInterval: 1 })
}

// A sink with a tracking plan takes the plan's names and properties only. Checked by the compiler in `npm run check`.
import Type from 'typebox'
import { createMemorySink } from './index.ts'

const plan = {
  'Order Completed': Type.Object({ total: Type.Number(), items: Type.Array(Type.String()) }),
  'Signed Up': Type.Object({ plan: Type.Optional(Type.String()) }),
}

export function typed(): void {
  const sink = createMemorySink<typeof plan>()
  sink.expectEvent('Order Completed', { total: 1 })
  sink.expectEvent('Order Completed', { items: (items) => items.length === 1 })
  sink.expectNoEvent('Signed Up')
  // @ts-expect-error no such event
  sink.expectEvent('Order Complete')
  // @ts-expect-error wrong type
  sink.expectEvent('Order Completed', { total: '1' })
  // @ts-expect-error no such property
  void sink.waitForEvent('Signed Up', { plam: 'pro' })
  // @ts-expect-error no such field of an event
  sink.expectEvent({ type: 'identify', userId: 'u1' })

  const open = createMemorySink()
  open.expectEvent('Anything', { at: 'all' })
}

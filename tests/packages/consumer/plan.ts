// One TypeBox file: types for both SDKs, and the schemas that the gateway can enforce.
import Type from 'typebox'

export const plan = {
  'Order Completed': Type.Object({
    total: Type.Number(),
    method: Type.Union([Type.Literal('card'), Type.Literal('cash')]),
    coupon: Type.Optional(Type.String()),
  }),
  'Signed Up': Type.Object({ plan: Type.Optional(Type.String()) }),
}
export type Plan = typeof plan

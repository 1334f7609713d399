// What one visit consists of: a list of steps drawn from a shop's funnel. Pure chance, no time and no ids.
import type { Random } from './random.ts'

export type StepName = (typeof STEP_NAMES)[number]

/** Every step there is; the index is what the account counts with. `identify` is no activity. */
export const STEP_NAMES = [
  '$page',
  'search',
  'product_viewed',
  'product_added',
  'cart_viewed',
  'checkout_started',
  'order_completed',
  'product_reviewed',
  'signed_up',
  'identify',
] as const

/** `mayIdentify`: the visitor has not said yet who they are. */
export function drawVisit(random: Random, visitor: { known: boolean; mayIdentify: boolean }): StepName[] {
  const steps: StepName[] = ['$page']
  const views = 1 + random.below(visitor.known ? 6 : 4)
  for (let view = 0; view < views; view++) {
    if (random.chance(0.35)) steps.push('search')
    steps.push(random.chance(0.3) ? '$page' : 'product_viewed')
  }
  if (visitor.known && random.chance(0.1)) steps.push('product_reviewed')
  if (!random.chance(visitor.known ? 0.5 : 0.3)) return steps
  steps.push('product_added')
  if (!random.chance(0.7)) return steps
  steps.push('cart_viewed')
  if (!random.chance(0.7)) return steps
  steps.push('checkout_started')
  if (visitor.mayIdentify) {
    if (!random.chance(0.75)) return steps
    steps.push('identify', 'signed_up')
  }
  if (random.chance(0.8)) steps.push('order_completed')
  return steps
}

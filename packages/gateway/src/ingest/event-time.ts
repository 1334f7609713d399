// Event time and its window: worked out once, here, and never again.
import { LIMITS } from '@penstock/contract'
import { REFUSALS, type Refusal } from './refusals.ts'

/** Milliseconds to add to every timestamp of a body whose sender's clock is wrong; else 0. `sentAt` may be NaN. */
export function clockShift(receivedAt: number, sentAt: number): number {
  const shift = receivedAt - sentAt
  return Math.abs(shift) > LIMITS.clockToleranceMs ? shift : 0
}

/** Why an event time is outside the window, or null. `history`: any time since 1970 instead of the last 30 days. */
export function windowRefusal(eventTime: number, receivedAt: number, history: boolean): Refusal | null {
  if (eventTime > receivedAt + LIMITS.maxEventFutureMs) return REFUSALS.timestampInFuture
  if (history) return eventTime < 0 ? REFUSALS.timestampBefore1970 : null
  return eventTime < receivedAt - LIMITS.maxEventAgeMs ? REFUSALS.timestampTooOld : null
}

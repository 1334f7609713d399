// What a scan can have noticed about an event, as bits: limits that it breaks, and oddities that the exact path must look at.
import { REFUSALS, type Refusal } from './refusals.ts'

export const NOTE = {
  tooDeep: 1,
  tooManyKeys: 2,
  keyTooLong: 4,
  /** An integer that may be beyond 2^53. */
  longNumber: 8,
  /** Half a surrogate pair, written as an escape. */
  loneSurrogate: 16,
  /** A key or value of the event itself that cannot be judged by its bytes as they stand. */
  escapedField: 32,
  /** A number that may be beyond a double. */
  hugeNumber: 64,
} as const

/** Notes that refuse the event. */
export const BREAKS_LIMIT = NOTE.tooDeep | NOTE.tooManyKeys | NOTE.keyTooLong

/** Notes that may refuse the event, but only its values can tell. The others lead to warnings at most. */
export const MAY_REFUSE = NOTE.escapedField | NOTE.hugeNumber

/** The refusal for notes of which one breaks a limit. */
export function limitRefusal(notes: number): Refusal {
  if ((notes & NOTE.tooDeep) !== 0) return REFUSALS.tooDeep
  return (notes & NOTE.tooManyKeys) !== 0 ? REFUSALS.tooManyKeys : REFUSALS.keyTooLong
}

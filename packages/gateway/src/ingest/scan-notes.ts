// What a scan can have noticed about an event, as bits: limits that it breaks, and oddities that the exact path must look at.
import { REFUSALS, type Refusal } from './refusals.ts'

export const NOTE = {
  tooDeep: 1,
  tooManyKeys: 2,
  keyTooLong: 4,
  /** A number that may be beyond a double, or an integer that may be beyond 2^53. */
  oddNumber: 8,
  /** Half a surrogate pair, written as an escape. */
  loneSurrogate: 16,
  /** A key or value of the event itself that cannot be judged by its bytes as they stand. */
  escapedField: 32,
} as const

/** Notes that refuse the event. */
export const BREAKS_LIMIT = NOTE.tooDeep | NOTE.tooManyKeys | NOTE.keyTooLong

/** The refusal for notes of which one breaks a limit. */
export function limitRefusal(notes: number): Refusal {
  if ((notes & NOTE.tooDeep) !== 0) return REFUSALS.tooDeep
  return (notes & NOTE.tooManyKeys) !== 0 ? REFUSALS.tooManyKeys : REFUSALS.keyTooLong
}

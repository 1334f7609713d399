// Frozen batches: which events, in which order, and from the first attempt on the very bytes. What is set aside waits here.
import type { Payload, StoredEvent } from './platform.ts'

/** A queued event. `seq` orders events by when they were queued; `settled` ones are accounted for. */
export interface Entry extends StoredEvent {
  seq: number
  settled: boolean
}

export interface Batch {
  readonly entries: readonly Entry[]
  /** Made at the first attempt; the same for every other. */
  payload: Payload | undefined
  attempts: number
  /** Answers 500 so far. */
  errors: number
  /** Batches that had passed when this one got its first 500. */
  passedBefore: number
  /** `elapsed()` before which it is not tried. */
  notBefore: number
}

export const freeze = (entries: readonly Entry[]): Batch => ({
  entries,
  payload: undefined,
  attempts: 0,
  errors: 0,
  passedBefore: 0,
  notBefore: 0,
})

export function splitBatch({ entries }: Batch): Batch[] {
  const left = entries.filter(({ settled }) => !settled)
  const middle = left.length >> 1
  return [left.slice(0, middle), left.slice(middle)].filter((half) => half.length > 0).map(freeze)
}

// Events that are in no batch yet, oldest first.
import type { Entry } from './batch.ts'

export interface Pending {
  entries: Entry[]
  bytes: number
}

/** Takes the oldest events up to both limits; at least one when there is any. */
export function takeBatch(pending: Pending, maxEvents: number, maxBytes: number): Entry[] {
  const { entries } = pending
  let count = 0
  let size = 2 // the brackets; every event has a comma
  for (const { bytes } of entries) {
    size += bytes + 1
    if (count === maxEvents || (count > 0 && size > maxBytes)) break
    pending.bytes -= bytes
    count++
  }
  return entries.splice(0, count)
}

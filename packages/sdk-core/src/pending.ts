// Events that are in no batch yet, oldest first.
import type { Entry } from './batch.ts'

const COMPACT_AT = 4_096

export interface Pending {
  push(entry: Entry): void
  /** Oldest events up to both limits; at least one when there is any. */
  take(maxEvents: number, maxBytes: number): Entry[]
  readonly length: number
  readonly bytes: number
  first(): Entry | undefined
  /** Oldest first; a copy. */
  all(): Entry[]
  /** Leaves out the settled ones. */
  sweep(): void
}

export function createPending(): Pending {
  let entries: Entry[] = []
  let head = 0
  let bytes = 0
  return {
    push(entry) {
      entries.push(entry)
      bytes += entry.bytes
    },
    take(maxEvents, maxBytes) {
      const start = head
      let size = 2 // the brackets; every event has a comma
      while (head < entries.length && head - start < maxEvents) {
        size += (entries[head] as Entry).bytes + 1
        if (size > maxBytes && head > start) break
        bytes -= (entries[head] as Entry).bytes
        head++
      }
      const taken = entries.slice(start, head)
      if (head >= COMPACT_AT || head === entries.length) {
        entries = entries.slice(head)
        head = 0
      }
      return taken
    },
    get length() {
      return entries.length - head
    },
    get bytes() {
      return bytes
    },
    first: () => entries[head],
    all: () => entries.slice(head),
    sweep() {
      entries = entries.filter((entry, at) => at >= head && !entry.settled)
      head = 0
      bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
    },
  }
}

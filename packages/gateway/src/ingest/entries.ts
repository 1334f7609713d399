// The entries of an array of events, taken where they stand in the body.
import { LIMITS } from '@penstock/contract'
import { type Batch, refuse, takeEvent } from './batch.ts'
import { type EventScan, scanEvent } from './event-scan.ts'
import { scanValue, skipSpace } from './json-scan.ts'
import { REFUSALS } from './refusals.ts'

/** In place of a position: there were more entries than a request may have. */
export const TOO_MANY = -2

/** Takes the entries of the array at `at`. Returns the position behind it, -1 for no JSON, or TOO_MANY. */
export function readEntries(batch: Batch, scan: EventScan, at: number): number {
  const bytes = scan.bytes
  const end = bytes.length
  const span = { start: 0, end: 0 }
  at = skipSpace(scan, at + 1, end)
  if (at < end && bytes[at] === 0x5d) return at + 1
  for (;;) {
    if (batch.received === LIMITS.maxEventsPerRequest) return TOO_MANY
    span.start = at
    if (at < end && bytes[at] === 0x7b) {
      at = scanEvent(scan, at, end)
      if (at < 0) return -1
      span.end = at
      takeEvent(batch, scan, span)
    } else {
      at = scanValue(scan, at, end)
      if (at < 0) return -1
      refuse(batch, batch.received++, REFUSALS.notObject)
    }
    at = skipSpace(scan, at, end)
    const next = at < end ? bytes[at] : 0
    if (next === 0x5d) return at + 1
    if (next !== 0x2c) return -1
    at = skipSpace(scan, at + 1, end)
  }
}

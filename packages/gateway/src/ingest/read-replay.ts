// Reads one event that goes down the same road again: a dead letter as it was, or repaired. The rules are those of ingest;
// its time is the one it had, or is worked out from the bytes like history: no clock is corrected, and any time since 1970
// holds, since the letter may be old.
import { isUtf8 } from 'node:buffer'
import type { EventCode, RequestCode } from '@penstock/contract'
import type { PackedEvent } from '@penstock/contract/stream'
import { type Batch, clearBatch, takeEvent } from './batch.ts'
import { type EventScan, scanEvent } from './event-scan.ts'
import { windowRefusal } from './event-time.ts'
import { skipSpace } from './json-scan.ts'
import type { ReplayInput } from './outcome.ts'
import { REFUSALS, type Refusal } from './refusals.ts'
import { refusedBody } from './refused-requests.ts'

export type ReplayRead =
  | { kind: 'event'; event: PackedEvent }
  | { kind: 'refused'; code: EventCode | RequestCode; detail: string; field?: string }

const refused = ({ code, message, field }: Refusal): ReplayRead => ({
  kind: 'refused',
  code,
  detail: message,
  ...(field === undefined ? {} : { field }),
})

/** Uses `batch` and `scan` for the moment. The event it gives out keeps none of `input`. */
export function readReplay(batch: Batch, scan: EventScan, input: ReplayInput): ReplayRead {
  const source = Buffer.from(input.bytes)
  if (!isUtf8(source)) return refusedBody('body_not_utf8')
  clearBatch(batch)
  scan.bytes = source
  const start = skipSpace(scan, 0, source.length)
  if (source[start] !== 0x7b) return refused(REFUSALS.notObject)
  const end = scanEvent(scan, start, source.length)
  if (end < 0 || skipSpace(scan, end, source.length) !== source.length) return refusedBody('body_not_json')
  takeEvent(batch, scan, { start, end })
  const [rejected] = batch.rejected
  if (rejected !== undefined) return refused(rejected)
  const { receivedAt } = input
  const timestamp = batch.timestamps[0] as number
  const eventTime = input.eventTime ?? (Number.isNaN(timestamp) ? receivedAt : timestamp)
  const outside = input.eventTime === undefined ? windowRefusal(eventTime, receivedAt, true) : null
  if (outside !== null) return refused(outside)
  const ids = batch.ids.slice(0, 16)
  const { projectId } = input
  return {
    kind: 'event',
    event: { projectId, ids, idOffset: 0, receivedAt, eventTime, road: 'replay', source, start, end },
  }
}

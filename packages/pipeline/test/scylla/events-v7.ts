// Accepted events with UUIDv7 ids, as SDKs mint them.
import { formatUuid, type WireEvent } from '@penstock/contract'
import { sampleEvent, SAMPLE_TIME } from '../../src/ports/sample-events.ts'
import type { AcceptedEvent } from '../../src/ports/worker-state.ts'

export interface EventV7 {
  n: number
  seq?: number
  timeMs?: number
  event?: Partial<WireEvent>
}

export function eventV7({ n, seq = 1, timeMs = SAMPLE_TIME + n, event = {} }: EventV7): AcceptedEvent {
  const eventId = Buffer.alloc(16)
  eventId.writeUIntBE(timeMs, 0, 6)
  eventId[6] = 0x70
  eventId[8] = 0x80
  eventId.writeUInt32BE(Math.imul(n, 0x9e3779b1) >>> 0, 12)
  const change = { ...event, event_id: formatUuid(eventId) }
  return { ...sampleEvent({ n, at: [seq, n % 500], eventTime: timeMs, event: change }), eventId }
}

// A commit of fifty events, as the worker would make it of one message.
import { bytesHash, type HotCommit, type StateRow } from '@penstock/pipeline'

const EVENTS = 50
const TIME = 1_795_341_600_000

export function acceptedBatch(row: StateRow, seq: number): HotCommit {
  const accepted = Array.from({ length: EVENTS }, (_, idx) => {
    const eventId = Buffer.alloc(16, 0x11)
    eventId.writeUInt32BE(seq * EVENTS + idx, 0)
    const event = { event_id: 'as stored', type: 'track' as const, event: 'Filled', user_id: `u${idx}` }
    const bytes = Buffer.from(JSON.stringify({ ...event, properties: { text: 'x'.repeat(500) } }))
    const position = { partition: row.partition, seq, idx }
    const times = { logTime: TIME, receivedAt: TIME, eventTime: TIME + seq }
    return { projectId: 'p', eventId, position, hash: bytesHash(bytes), ...times, bytes, event }
  })
  return { partition: row.partition, epoch: row.epoch, accepted, letters: [], change: { hotThrough: seq } }
}

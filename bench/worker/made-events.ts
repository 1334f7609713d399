// Events as an SDK sends them, about 550 bytes each, in the chunks that a busy gateway appends. The same round makes the same events.
import { ChunkBuilder } from '../../packages/contract/src/stream/index.ts'
import { formatUuid } from '../../packages/contract/src/index.ts'

export interface MadeEvent {
  eventId: Uint8Array
  receivedAt: number
  eventTime: number
  bytes: Uint8Array
}

const PER_CHUNK = 500
const BASE_MS = Date.UTC(2026, 10, 12)
const PAGES = ['/', '/pricing', '/docs/start', '/docs/api', '/blog/how-we-count', '/cart', '/checkout']

export function makeChunks(count: number, round: number): { chunks: Uint8Array[]; events: MadeEvent[] } {
  const chunks: Uint8Array[] = []
  const events: MadeEvent[] = []
  for (let from = 0; from < count; from += PER_CHUNK) {
    const builder = new ChunkBuilder()
    for (let index = from; index < Math.min(from + PER_CHUNK, count); index++) {
      const event = madeEvent(index, round)
      builder.add({ projectId: 'bench', road: 'ingest', ...event })
      events.push(event)
    }
    chunks.push(builder.finish())
  }
  return { chunks, events }
}

function madeEvent(index: number, round: number): MadeEvent {
  const eventTime = BASE_MS + round * 3_600_000 + index * 7
  const eventId = uuidV7(eventTime, index, round)
  const person = (index * 7_919) % 20_000
  const page = PAGES[index % PAGES.length] as string
  const text = JSON.stringify({
    event_id: formatUuid(eventId),
    type: 'track',
    event: ['Page Viewed', 'Product Viewed', 'Cart Updated', 'Order Completed'][index % 4],
    timestamp: new Date(eventTime).toISOString(),
    ...(person % 3 === 0 ? { user_id: `user-${person}` } : {}),
    anonymous_id: `anonymous-${person}`,
    session_id: `session-${person}-${index >> 14}`,
    seq: index & 1023,
    properties: {
      price: (index % 997) / 10,
      currency: 'EUR',
      position: index % 40,
      title: `Item number ${index % 500}`,
    },
    context: {
      page: {
        url: `https://shop.example${page}`,
        path: page,
        referrer: 'https://search.example/?q=penstock',
      },
      library: { name: '@penstock/browser', version: '0.1.0' },
      locale: 'de-DE',
      screen: { width: 1920, height: 1080 },
    },
  })
  return { eventId, receivedAt: eventTime + 120, eventTime, bytes: Buffer.from(text) }
}

function uuidV7(time: number, index: number, round: number): Uint8Array {
  const id = Buffer.alloc(16)
  id.writeUIntBE(time, 0, 6)
  id[6] = 0x70
  id.writeUInt8(0x80, 8)
  id.writeUInt16BE(round, 9)
  id.writeUInt32BE(Math.imul(index, 0x9e3779b1) >>> 0, 12)
  return id
}

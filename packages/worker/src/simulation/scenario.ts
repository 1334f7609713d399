// What the model sends: few identities, so that copies and conflicts are frequent; equal contents in different bytes; event times
// that differ between copies and span months; links; and, in some runs, events that the cold store refuses.
import { ChunkBuilder, partitionOf, type ChunkEvent, type Road } from '@penstock/contract/stream'
import { contentText, decodeEvent, identityKey } from '@penstock/pipeline'
import type { SeededRandom } from './seeded-random.ts'

export const EPOCH_MS = Date.UTC(2026, 9, 15)
const DAY_MS = 86_400_000

export interface Sent extends ChunkEvent {
  key: string
  content: string
}

export interface Scenario {
  partitions: number
  /** The next message for a partition. */
  message(): { partition: number; sent: Sent[] }
  /** A replayed event as one message. */
  replay(event: { projectId: string; eventId: Uint8Array; receivedAt: number; bytes: Uint8Array }): {
    partition: number
    sent: Sent[]
  }
  /** The bytes of the event without its poison. */
  repaired(bytes: Uint8Array): Uint8Array
}

export interface ScenarioOptions {
  partitions: number
  identities: number
  maxEventsPerMessage: number
  /** Share of contents that the cold store refuses. */
  poison: number
  /** False sends copies of an event to any partition. */
  partitionRule: boolean
}

export function createScenario(random: SeededRandom, options: ScenarioOptions): Scenario {
  // Unique per copy, so that a stored row names the copy it came from.
  let received = EPOCH_MS + 40 * DAY_MS
  const ids = Array.from({ length: options.identities }, (_, index) => {
    const eventId = new Uint8Array(16).fill(7)
    eventId[15] = index
    return { projectId: index % 5 === 4 ? 'other' : 'shop', eventId }
  })

  function sentOf(event: Omit<ChunkEvent, 'eventTime'> & { eventTime?: number }): Sent {
    const eventTime = event.eventTime ?? EPOCH_MS + random.integer(0, 40) * DAY_MS
    const content = contentText(decodeEvent(event.bytes))
    return { ...event, eventTime, key: identityKey(event), content }
  }

  function fresh(identity: { projectId: string; eventId: Uint8Array }): Sent {
    const variant = random.chance(0.8) ? 0 : random.integer(1, 2)
    const number = identity.eventId[15] as number
    const poison = ((number * 7 + variant * 3) % 10) / 10 < options.poison
    const road: Road = random.chance(0.1) ? 'import' : 'ingest'
    received += random.integer(1, 5)
    return sentOf({ ...identity, receivedAt: received, road, bytes: eventBytes(number, variant, poison) })
  }

  function eventBytes(number: number, variant: number, poison: boolean): Uint8Array {
    const properties = { n: variant, ...(poison ? { poison: true } : {}) }
    const ids = { user_id: `u${(number + variant) % 3}`, anonymous_id: `a${number % 4}` }
    const event_id = `07070707-0707-0707-0707-0707070707${number.toString(16).padStart(2, '0')}`
    const fields = { event_id, type: 'track', event: 'Seen', ...ids, properties }
    const spelled = random.chance(0.2) ? Object.fromEntries(Object.entries(fields).reverse()) : fields
    return Buffer.from(JSON.stringify(spelled))
  }

  const home = (event: { projectId: string; eventId: Uint8Array }): number =>
    options.partitionRule
      ? partitionOf(event.projectId, event.eventId, 0, options.partitions)
      : random.integer(0, options.partitions - 1)

  function message(): { partition: number; sent: Sent[] } {
    const first = fresh(random.pick(ids))
    const partition = home(first)
    const sent = [first]
    for (let left = random.integer(0, options.maxEventsPerMessage - 1); left > 0; left--) {
      const event = fresh(random.pick(ids))
      if (home(event) === partition) sent.push(event)
    }
    return { partition, sent }
  }

  return {
    partitions: options.partitions,
    message,
    replay: (event) => ({
      partition: home(event),
      sent: [sentOf({ ...event, road: 'replay', receivedAt: event.receivedAt })],
    }),
    repaired: (bytes) => {
      const event = JSON.parse(Buffer.from(bytes).toString()) as { properties: { poison?: boolean } }
      delete event.properties.poison
      return Buffer.from(JSON.stringify(event))
    },
  }
}

export function chunkOf(sent: readonly Sent[]): Uint8Array {
  const builder = new ChunkBuilder(sent.length)
  for (const event of sent) builder.add(event)
  return builder.finish()
}

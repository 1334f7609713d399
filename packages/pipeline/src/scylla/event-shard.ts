// Where an event's registry entry and row stand: a partition that follows from the event id alone, so that whoever knows the id
// finds them, and neighbours in time stand together. Never change the numbers: what is stored would not be found again.
import { uuidTimeMs } from '@penstock/contract'
import type { Identity } from '../ports/identity.ts'

// A UUIDv7 carries its time. At 10,000 events/s a partition has about 190,000 rows (17 MB of registry, 110 MB of rows); a batch of
// recent events touches one or two buckets.
const BUCKET_MS = 300_000
const SHARDS = 16
// Other ids carry no time, so their partitions grow with the lifetime instead of with five minutes.
const UNTIMED_BUCKET = -1
const UNTIMED_SHARDS = 1_024

export interface EventShard {
  bucket: number
  shard: number
}

export function eventShard(eventId: Uint8Array): EventShard {
  const timeMs = uuidTimeMs(eventId)
  const hash = hashOf(eventId)
  return timeMs === null
    ? { bucket: UNTIMED_BUCKET, shard: hash % UNTIMED_SHARDS }
    : { bucket: Math.floor(timeMs / BUCKET_MS), shard: hash % SHARDS }
}

/** FNV-1a over all 16 bytes, mixed: not every generator's last bytes are random. */
function hashOf(eventId: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < 16; index++) hash = Math.imul(hash ^ (eventId[index] as number), 0x01000193)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}

/** ScyllaDB takes at most 100 clustering keys in one query by default. */
const IDS_PER_QUERY = 100

export interface ShardQuery<T> {
  projectId: string
  bucket: number
  shard: number
  items: T[]
}

/** Identities by partition, in queries of bounded size. */
export function byShard<T extends Identity>(identities: readonly T[]): ShardQuery<T>[] {
  const open = new Map<string, ShardQuery<T>>()
  const queries: ShardQuery<T>[] = []
  for (const identity of identities) {
    const { bucket, shard } = eventShard(identity.eventId)
    const key = shardKey(identity.projectId, bucket, shard)
    let query = open.get(key)
    if (query === undefined || query.items.length >= IDS_PER_QUERY) {
      query = { projectId: identity.projectId, bucket, shard, items: [] }
      open.set(key, query)
      queries.push(query)
    }
    query.items.push(identity)
  }
  return queries
}

export const shardKey = (projectId: string, bucket: number, shard: number): string =>
  `${bucket}/${shard}/${projectId}`

// The rows of accepted and of refused events, as writes that may come in any order and any number of times (write-time.ts).
// What is the same for many events is remembered once it is durable, so that it is not written for each of them: which time buckets
// an actor has, and which link holds. Forgetting costs a write, never a wrong answer.
import { createHash } from 'node:crypto'
import { actorOf, linksOf } from '../event/event-actor.ts'
import { holdsBefore, rankToKeep, type LinkRank } from '../event/link-rank.ts'
import type { AcceptedEvent, LinkFact } from '../ports/worker-state.ts'
import type { CqlWrite } from './cql.ts'
import { eventShard, shardKey } from './event-shard.ts'
import { secondsLeft, type Retention } from './lifetimes.ts'
import type { Statements } from './statements.ts'
import { decisionTime, earlierWins, encodeHolder, encodeTrait, laterWins } from './write-time.ts'

const BUCKET_MS = 30 * 86_400_000
/** Of an actor's timeline: 30 days of event time. */
export const timelineBucket = (eventTime: number): number => Math.floor(eventTime / BUCKET_MS)

const ROW_BYTES = 100
// An index row must outlive every row that it leads to, also one whose event time is a little ahead of the log's.
const INDEX_SLACK_MS = 2 * 86_400_000
const MAX_REMEMBERED = 50_000

export interface PreparedWrites {
  writes: CqlWrite[]
  /** To be called when they are durable. */
  written: () => void
}

export interface EventWrites {
  accept(events: readonly AcceptedEvent[]): PreparedWrites
  /** The registry keeps owner and hash as dead; what readers see goes. Undoes nothing that a later position has decided. */
  refuse(events: readonly AcceptedEvent[]): CqlWrite[]
}

export function createEventWrites(deps: {
  statements: Statements
  retention: Pick<Retention, 'hotMs'>
  registryWindowMs: number
  clock: () => number
}): EventWrites {
  const { statements, retention, registryWindowMs, clock } = deps
  /** Until when (s) an actor's bucket stands in the index. */
  const buckets = createMemory<number>()
  const holders = createMemory<LinkRank>()

  function entry(event: AcceptedEvent, state: 'live' | 'dead', now: number): CqlWrite {
    const { projectId, eventId, position, hash } = event
    const { bucket, shard } = eventShard(eventId)
    const time = decisionTime(event.logTime, position, state === 'live' ? 'accepted' : 'refused')
    return {
      statement: statements.putEntry,
      partition: `registry/${shardKey(projectId, bucket, shard)}`,
      bytes: ROW_BYTES,
      params: [
        projectId,
        bucket,
        shard,
        eventId,
        position.partition,
        BigInt(position.seq),
        position.idx,
        hash,
        state,
        time,
        secondsLeft(event, registryWindowMs, now),
      ],
    }
  }

  function row(event: AcceptedEvent, time: bigint, seconds: number): CqlWrite {
    const { projectId, eventId, position } = event
    const { bucket, shard } = eventShard(eventId)
    return {
      statement: statements.putRow,
      partition: `events/${shardKey(projectId, bucket, shard)}`,
      bytes: ROW_BYTES + event.bytes.length,
      params: [
        projectId,
        bucket,
        shard,
        eventId,
        position.partition,
        BigInt(position.seq),
        position.idx,
        BigInt(event.receivedAt),
        BigInt(event.eventTime),
        event.bytes,
        time,
        seconds,
      ],
    }
  }

  function rowRemoval(event: AcceptedEvent, time: bigint): CqlWrite {
    const { bucket, shard } = eventShard(event.eventId)
    return {
      statement: statements.removeRow,
      partition: `events/${shardKey(event.projectId, bucket, shard)}`,
      bytes: ROW_BYTES,
      params: [time, event.projectId, bucket, shard, event.eventId],
    }
  }

  function timelinePlace(event: AcceptedEvent) {
    const { projectId, kind, id } = actorOf(event.projectId, event.event)
    const bucket = timelineBucket(event.eventTime)
    const key = [projectId, kind, id, bucket] as const
    const partition = `timelines/${bucket}/${kind}/${projectId.length}/${projectId}${id}`
    return { key, partition, place: [...key, BigInt(event.eventTime), event.eventId] }
  }

  function links(events: readonly AcceptedEvent[]): Map<string, LinkFact> {
    const smallest = new Map<string, LinkFact>()
    for (const link of events.flatMap(linksOf)) {
      const name = pairKey(link.projectId, link.anonymousId)
      const held = smallest.get(name) ?? holders.get(name)
      if (held === undefined || holdsBefore(link, held)) smallest.set(name, link)
    }
    return smallest
  }

  const linkWrites = ([name, { projectId, anonymousId, userId, eventTime, eventId }]: [
    string,
    LinkFact,
  ]): CqlWrite[] => [
    {
      statement: statements.putLink,
      partition: `links/${name}`,
      bytes: ROW_BYTES,
      params: [projectId, anonymousId, encodeHolder(eventId, userId), earlierWins(eventTime)],
    },
    {
      statement: statements.putLinked,
      partition: `linked/${pairKey(projectId, userId)}`,
      bytes: ROW_BYTES,
      params: [projectId, userId, anonymousId, earlierWins(eventTime)],
    },
  ]

  function traitWrites({ projectId, event, eventTime, eventId }: AcceptedEvent): CqlWrite[] {
    const userId = event.user_id
    if (event.type !== 'identify' || typeof userId !== 'string') return []
    return Object.entries(event.traits ?? {}).map(([name, value]) => {
      const encoded = encodeTrait(eventId, value)
      return {
        statement: statements.putTrait,
        partition: `traits/${pairKey(projectId, userId)}`,
        bytes: ROW_BYTES + encoded.length,
        params: [projectId, userId, name, encoded, laterWins(eventTime)],
      }
    })
  }

  function accept(events: readonly AcceptedEvent[]): PreparedWrites {
    const now = clock()
    const writes: CqlWrite[] = []
    const newBuckets = new Map<string, { until: number; write: CqlWrite }>()
    for (const event of events) {
      const time = decisionTime(event.logTime, event.position, 'accepted')
      const hotMs = retention.hotMs(event.projectId)
      const seconds = secondsLeft(event, hotMs, now)
      const { key, partition, place } = timelinePlace(event)
      writes.push(entry(event, 'live', now), row(event, time, seconds))
      writes.push({
        statement: statements.putTimelineEntry,
        partition,
        bytes: ROW_BYTES,
        params: [...place, time, seconds],
      })
      const until = Math.floor(now / 1_000) + seconds
      const known = newBuckets.get(partition)?.until ?? buckets.get(partition) ?? 0
      if (known < until) {
        const indexSeconds = secondsLeft(event, hotMs + INDEX_SLACK_MS, now)
        newBuckets.set(partition, {
          until: Math.floor(now / 1_000) + indexSeconds,
          write: {
            statement: statements.putActorBucket,
            partition: `buckets/${partition}`,
            bytes: ROW_BYTES,
            params: [...key, time, indexSeconds],
          },
        })
      }
      writes.push(...traitWrites(event))
    }
    const newLinks = links(events)
    for (const link of newLinks) writes.push(...linkWrites(link))
    for (const { write } of newBuckets.values()) writes.push(write)
    const written = (): void => {
      for (const [name, { until }] of newBuckets) buckets.set(name, until)
      for (const [name, link] of newLinks) holders.set(name, rankToKeep(link))
    }
    return { writes, written }
  }

  function refuse(events: readonly AcceptedEvent[]): CqlWrite[] {
    const now = clock()
    return events.flatMap((event) => {
      const time = decisionTime(event.logTime, event.position, 'refused')
      const { partition, place } = timelinePlace(event)
      return [
        entry(event, 'dead', now),
        rowRemoval(event, time),
        { statement: statements.removeTimelineEntry, partition, bytes: ROW_BYTES, params: [time, ...place] },
      ]
    })
  }

  return { accept, refuse }
}

const pairKey = (projectId: string, id: string): string => `${projectId.length}/${projectId}${id}`

interface Memory<T> {
  get(name: string): T | undefined
  set(name: string, value: T): void
}

/** The latest names, at most `MAX_REMEMBERED` (about 15 MB): a Map keeps the order of insertion. */
function createMemory<T>(): Memory<T> {
  const known = new Map<string, T>()
  const short = (name: string): string =>
    name.length <= 100 ? name : createHash('sha256').update(name).digest('base64')
  return {
    get: (name) => known.get(short(name)),
    set: (name, value) => {
      const key = short(name)
      known.delete(key)
      known.set(key, value)
      if (known.size <= MAX_REMEMBERED) return
      const [oldest] = known.keys()
      if (oldest !== undefined) known.delete(oldest)
    },
  }
}

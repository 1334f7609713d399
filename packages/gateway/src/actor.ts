// Who an id stands for, and the actor's events in one order. Every read is bounded: a user with very many anonymous ids is read a
// few timelines at a time, and never more than one page of each.
import type { ActorKey, HotRow, HotStore, TimelineQuery } from '@penstock/pipeline'

export interface Actor {
  projectId: string
  /** Null: an anonymous id that is linked to nobody. */
  userId: string | null
  anonymousIds: string[]
  /** Every timeline that is this actor's. */
  keys: ActorKey[]
  firstSeen: number
  lastSeen: number
}

const TIMELINES_AT_ONCE = 16

/** Null: the store has no event of anybody with this id. */
export async function findActor(hot: HotStore, asked: ActorKey): Promise<Actor | null> {
  const { projectId } = asked
  const userId = asked.kind === 'user' ? asked.id : await hot.linkedUser(projectId, asked.id)
  const anonymousIds = userId === null ? [asked.id] : await hot.linkedAnonymousIds(projectId, userId)
  const keys: ActorKey[] = anonymousIds.map((id) => ({ projectId, kind: 'anonymous', id }))
  if (userId !== null) keys.unshift({ projectId, kind: 'user', id: userId })
  let firstSeen = Number.POSITIVE_INFINITY
  let lastSeen = Number.NEGATIVE_INFINITY
  for await (const span of inGroups(keys, (key) => hot.span(key))) {
    if (span === null) continue
    firstSeen = Math.min(firstSeen, span.firstSeen)
    lastSeen = Math.max(lastSeen, span.lastSeen)
  }
  if (firstSeen === Number.POSITIVE_INFINITY) return null
  return { projectId, userId, anonymousIds, keys, firstSeen, lastSeen }
}

/** The newest `limit` rows over all timelines: event time, then event id, both descending. */
export async function mergeTimelines(
  hot: HotStore,
  keys: readonly ActorKey[],
  query: TimelineQuery,
): Promise<HotRow[]> {
  let merged: HotRow[] = []
  for await (const rows of inGroups(keys, (key) => hot.timeline(key, query))) {
    merged = [...merged, ...rows].sort(newestFirst).slice(0, query.limit)
  }
  return merged
}

export function newestFirst(a: HotRow, b: HotRow): number {
  return b.eventTime - a.eventTime || Buffer.compare(b.eventId, a.eventId)
}

async function* inGroups<T, R>(items: readonly T[], read: (item: T) => Promise<R>): AsyncGenerator<R> {
  for (let at = 0; at < items.length; at += TIMELINES_AT_ONCE) {
    yield* await Promise.all(items.slice(at, at + TIMELINES_AT_ONCE).map(read))
  }
}

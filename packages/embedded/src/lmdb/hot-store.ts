// Reads of what the hot stage wrote. Every call sees everything committed before it began, by whatever thread.
import type { ActorKey, HotRow, HotStore, Identity, TimelineQuery } from '@penstock/pipeline'
import { decodeEventRow, hotRowOf } from './event-row.ts'
import { linkedUserOf } from './identity-links.ts'
import { decodeRecord } from './json-record.ts'
import { actorPrefix, behind, eventKey, linkKey, readTimelineKey, timelineKey, userPrefix } from './keys.ts'
import type { StateEnvironment } from './state-environment.ts'
import { readTraits } from './traits.ts'

/* eslint-disable @typescript-eslint/require-await -- LMDB answers at once; a thrown error must become a rejection */
export function createLmdbHotStore(environment: StateEnvironment): HotStore {
  const { events, timeline, links, linked, traits } = environment.tables

  const rowOf = (identity: Identity): HotRow | null => {
    const value = events.getBinaryFast(eventKey(identity))
    return value === undefined ? null : hotRowOf(identity, decodeEventRow(value, identity.eventId))
  }
  const timelineOf = ({ projectId, kind, id }: ActorKey, { before, limit }: TimelineQuery): HotRow[] => {
    const prefix = actorPrefix({ projectId, kind, id })
    const start =
      before === undefined ? prefix : timelineKey({ projectId, kind, id }, before.eventTime, before.eventId)
    const range = { start, end: behind(prefix), exclusiveStart: before !== undefined, limit }
    const keys = Array.from(timeline.getKeys(range))
    return keys
      .map((key) => rowOf({ projectId, eventId: readTimelineKey(key).eventId }))
      .filter((row) => row !== null)
  }
  const firstTime = (range: { start: Buffer; end: Buffer; reverse: boolean }): number | null => {
    const [key] = Array.from(timeline.getKeys({ ...range, limit: 1 }))
    return key === undefined ? null : readTimelineKey(key).eventTime
  }
  const spanOf = (actor: ActorKey) => {
    const prefix = actorPrefix(actor)
    const end = behind(prefix)
    const lastSeen = firstTime({ start: prefix, end, reverse: false })
    const firstSeen = firstTime({ start: end, end: prefix, reverse: true })
    return firstSeen === null || lastSeen === null ? null : { firstSeen, lastSeen }
  }
  /** What is kept per user, in the order of the names. */
  const itemsOf = (table: typeof linked, projectId: string, userId: string): Buffer[] => {
    const prefix = userPrefix(projectId, userId)
    return Array.from(table.getRange({ start: prefix, end: behind(prefix) }), ({ value }) => value)
  }

  return {
    events: async (identities) => environment.read('hot', () => identities.map(rowOf)),
    timeline: async (actor, query) => environment.read('hot', () => timelineOf(actor, query)),
    span: async (actor) => environment.read('hot', () => spanOf(actor)),
    linkedUser: async (projectId, anonymousId) =>
      environment.read('hot', () => linkedUserOf(links.get(linkKey(projectId, anonymousId)))),
    linkedAnonymousIds: async (projectId, userId) =>
      environment.read('hot', () =>
        itemsOf(linked, projectId, userId).map((value) => decodeRecord<string>(value).value),
      ),
    profile: async (projectId, userId) =>
      environment.read('hot', () => {
        const values = itemsOf(traits, projectId, userId)
        return values.length === 0 ? null : { traits: readTraits(values) }
      }),
  }
}

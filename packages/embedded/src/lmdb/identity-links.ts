// Which user an anonymous id belongs to: of all links ever stated for it the one with the smallest (event time, event id)
// holds. Links are facts about people, not rows of a timeline: they stay when an event that stated one is refused by the cold
// store or swept.
import type { AcceptedEvent, LinkFact } from '@penstock/pipeline'
import { compareOrder, encodeOrder } from './event-order.ts'
import { decodeRecord, encodeRecord } from './json-record.ts'
import { linkKey, userItemKey } from './keys.ts'
import type { StateTables } from './state-environment.ts'

/** The links that an event states: by carrying both ids, and as an `alias` from `previous_id`. */
export function linksOf({ projectId, event, eventTime, eventId }: AcceptedEvent): LinkFact[] {
  const userId = event.user_id
  if (typeof userId !== 'string') return []
  const from = [event.anonymous_id, event.type === 'alias' ? event.previous_id : null]
  return from
    .filter((anonymousId) => typeof anonymousId === 'string')
    .map((anonymousId) => ({ projectId, anonymousId, userId, eventTime, eventId }))
}

/** Inside a write transaction. */
export function putLink({ links, linked }: StateTables, link: LinkFact): void {
  const key = linkKey(link.projectId, link.anonymousId)
  const held = readLink(links.get(key))
  if (held !== null && compareOrder(link.eventTime, link.eventId, held.order) >= 0) return
  links.putSync(key, encodeRecord(link.userId, encodeOrder(link.eventTime, link.eventId)))
  if (held?.userId === link.userId) return
  if (held !== null) linked.removeSync(userItemKey(link.projectId, held.userId, link.anonymousId))
  linked.putSync(userItemKey(link.projectId, link.userId, link.anonymousId), encodeRecord(link.anonymousId))
}

export const linkedUserOf = (value: Buffer | undefined): string | null => readLink(value)?.userId ?? null

function readLink(value: Buffer | undefined): { userId: string; order: Buffer } | null {
  if (value === undefined) return null
  const { value: userId, body } = decodeRecord<string>(value)
  return { userId, order: body }
}

// Which user an anonymous id belongs to: of all links ever stated for it the one with the smallest (event time, event id)
// holds. Links are facts about people, not rows of a timeline: they stay when an event that stated one is refused by the cold
// store or swept.
import { linksOf, type AcceptedEvent, type LinkFact } from '@penstock/pipeline'
import { compareOrder, encodeOrder } from './event-order.ts'
import { decodeRecord, encodeRecord } from './json-record.ts'
import { linkKey, userItemKey } from './keys.ts'
import type { StateTables } from './state-environment.ts'

// About 10 MB of what was held when it was last looked at.
const MAX_KNOWN = 50_000

export interface IdentityLinks {
  /** Keeps the links that the event states, where they hold. Inside a write transaction. */
  put(event: AcceptedEvent): void
  /** To be called when the transaction was undone. */
  forget(): void
}

export function createIdentityLinks({ links, linked }: StateTables): IdentityLinks {
  // Order of a link that held once. What holds only ever moves to smaller orders, so a link that is not smaller than a known
  // one can be skipped without a look, whatever was written since.
  const known = new Map<string, Buffer>()

  const putOne = (link: LinkFact): void => {
    const name = `${link.projectId.length}/${link.projectId}${link.anonymousId}`
    const seen = known.get(name)
    if (seen !== undefined && compareOrder(link.eventTime, link.eventId, seen) >= 0) return
    const key = linkKey(link.projectId, link.anonymousId)
    const held = readLink(links.get(key))
    const holds = held === null || compareOrder(link.eventTime, link.eventId, held.order) < 0
    const order = holds ? encodeOrder(link.eventTime, link.eventId) : held.order
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(name, order)
    if (!holds) return
    links.putSync(key, encodeRecord(link.userId, order))
    if (held?.userId === link.userId) return
    if (held !== null) linked.removeSync(userItemKey(link.projectId, held.userId, link.anonymousId))
    linked.putSync(userItemKey(link.projectId, link.userId, link.anonymousId), encodeRecord(link.anonymousId))
  }

  return {
    put: (event) => {
      for (const link of linksOf(event)) putOne(link)
    },
    forget: () => known.clear(),
  }
}

export const linkedUserOf = (value: Buffer | undefined): string | null => readLink(value)?.userId ?? null

function readLink(value: Buffer | undefined): { userId: string; order: Buffer } | null {
  if (value === undefined) return null
  const { value: userId, body } = decodeRecord<string>(value)
  return { userId, order: body }
}

// Whom an event is about, as the hot store files it: the actor whose timeline it stands in, and the links that it states.
import type { ActorKey } from '../ports/hot-store.ts'
import type { AcceptedEvent, LinkFact } from '../ports/worker-state.ts'

/** Under its user, else under its anonymous id. */
export function actorOf(projectId: string, event: AcceptedEvent['event']): ActorKey {
  return typeof event.user_id === 'string'
    ? { projectId, kind: 'user', id: event.user_id }
    : { projectId, kind: 'anonymous', id: event.anonymous_id ?? '' }
}

/** The links that an event states: by carrying both ids, and as an `alias` from `previous_id`. */
export function linksOf({ projectId, event, eventTime, eventId }: AcceptedEvent): LinkFact[] {
  const userId = event.user_id
  if (typeof userId !== 'string') return []
  const from = [event.anonymous_id, event.type === 'alias' ? event.previous_id : null]
  return from
    .filter((anonymousId) => typeof anonymousId === 'string')
    .map((anonymousId) => ({ projectId, anonymousId, userId, eventTime, eventId }))
}

// One actor's events and profile, from the hot store. An actor is a user with its linked anonymous ids, or an anonymous id that is
// linked to nobody.
import {
  TimelineQuerySchema,
  TimelineSchema,
  UserParams,
  UserProfileSchema,
  UserQuery,
} from '@penstock/contract/schema'
import type { UserProfile } from '@penstock/contract/schema'
import { formatTimestamp, storedEvent, type ActorKey } from '@penstock/pipeline'
import { findActor, mergeTimelines, type Actor } from '../actor.ts'
import { answers } from '../http/answer-schemas.ts'
import { callerOf } from '../http/caller.ts'
import { readTimelineCursor, writeTimelineCursor } from '../http/cursor.ts'
import type { RouteContext, TypedApp } from './route-context.ts'

const DEFAULT_LIMIT = 50

export function registerUsers(app: TypedApp, context: RouteContext): void {
  const { hot } = context.deps
  const onRequest = context.allow('read')

  app.get(
    '/v1/users/:id',
    {
      onRequest,
      schema: {
        tags: ['Users'],
        summary: 'Who somebody is',
        params: UserParams,
        querystring: UserQuery,
        response: answers(200, UserProfileSchema),
      },
    },
    async (request): Promise<UserProfile> => {
      const actor = await findActor(
        hot,
        keyOf(callerOf(request).projectId, request.params.id, request.query.kind),
      )
      return profileOf(context, actor)
    },
  )

  app.get(
    '/v1/users/:id/events',
    {
      onRequest,
      schema: {
        tags: ['Users'],
        summary: 'What somebody did, newest first',
        params: UserParams,
        querystring: TimelineQuerySchema,
        response: answers(200, TimelineSchema),
      },
    },
    async (request) => {
      const { kind, limit = DEFAULT_LIMIT, cursor } = request.query
      const before = cursor === undefined ? {} : { before: readTimelineCursor(cursor) }
      const actor = await findActor(hot, keyOf(callerOf(request).projectId, request.params.id, kind))
      const rows = await mergeTimelines(hot, actor.keys, { ...before, limit: limit + 1 })
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return {
        data: rows.slice(0, limit).map(storedEvent),
        next_cursor: last === undefined ? null : writeTimelineCursor(last),
      }
    },
  )
}

const keyOf = (projectId: string, id: string, kind: ActorKey['kind'] = 'user'): ActorKey => ({
  projectId,
  kind,
  id,
})

async function profileOf({ deps }: RouteContext, actor: Actor): Promise<UserProfile> {
  const { projectId, userId } = actor
  const profile = userId === null ? null : await deps.hot.profile(projectId, userId)
  return {
    user_id: userId,
    anonymous_ids: actor.anonymousIds,
    traits: Object.fromEntries(profile?.traits ?? []), // own keys, `__proto__` included
    first_seen: formatTimestamp(actor.firstSeen),
    last_seen: formatTimestamp(actor.lastSeen),
  }
}

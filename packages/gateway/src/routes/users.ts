// One actor's events and profile, from the hot store. An actor is a user with its linked anonymous ids, or an anonymous id that is
// linked to nobody. Every answer says how fresh it is, the 404 as well: that is what tells "not processed yet" from "never".
import {
  TimelineQuerySchema,
  TimelineSchema,
  UserParams,
  UserProfileSchema,
  UserQuery,
} from '@penstock/contract/schema'
import type { UserProfile } from '@penstock/contract/schema'
import { formatTimestamp, storedEvent, type ActorKey } from '@penstock/pipeline'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import { findActor, mergeTimelines, type Actor } from '../actor.ts'
import { answersAsOf } from '../answers-as-of.ts'
import { AS_OF_HEADER, timeHeaders } from '../http/answer-headers.ts'
import { answers, problemWith } from '../http/answer-schemas.ts'
import { callerOf } from '../http/caller.ts'
import { readTimelineCursor, writeTimelineCursor } from '../http/cursor.ts'
import { ProblemError } from '../http/problem.ts'
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
        response: responses(UserProfileSchema),
      },
    },
    async (request, reply): Promise<UserProfile> => {
      const { params, query } = request
      return profileOf(context, await askedActor(context, request, reply, { ...params, ...query }))
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
        response: responses(TimelineSchema),
      },
    },
    async (request, reply) => {
      const { kind, limit = DEFAULT_LIMIT, cursor } = request.query
      const before = cursor === undefined ? {} : { before: readTimelineCursor(cursor) }
      const actor = await askedActor(context, request, reply, { ...request.params, kind })
      const rows = await mergeTimelines(hot, actor.keys, { ...before, limit: limit + 1 })
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return {
        data: rows.slice(0, limit).map(storedEvent),
        next_cursor: last === undefined ? null : writeTimelineCursor(last),
      }
    },
  )
}

const responses = (schema: TSchema) => ({
  ...answers(200, schema, [AS_OF_HEADER]),
  ...problemWith(404, [AS_OF_HEADER]),
})

/** Who is asked about. How fresh the hot store is was read before it. @throws ProblemError 404 `user_not_found` */
async function askedActor(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { id, kind = 'user' }: { id: string; kind?: ActorKey['kind'] | undefined },
): Promise<Actor> {
  const headers = timeHeaders({ [AS_OF_HEADER]: await answersAsOf(context, 'hot') })
  const { projectId } = callerOf(request)
  const actor = await findActor(context.deps.hot, { projectId, kind, id })
  if (actor === null) {
    const detail = 'Nobody with this id has events here; for an anonymous id ask with ?kind=anonymous.'
    throw new ProblemError('user_not_found', detail, { headers })
  }
  reply.headers(headers)
  return actor
}

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

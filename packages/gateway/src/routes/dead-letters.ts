// Dead letters for the admin: look, repair, replay, discard. A letter that is not open is never touched again.
import type { DeadLetterReason } from '@penstock/contract'
import {
  BulkReplayBody,
  BulkReplaySchema,
  DeadLetterDetailSchema,
  DeadLetterListQuery,
  DeadLetterListSchema,
  DeadLetterParams,
  DeadLetterStateSchema,
  DeadLetterSummarySchema,
  ProjectQuery,
  ReplayBody,
} from '@penstock/contract/schema'
import { parseTimestamp, type DeadLetterFilter } from '@penstock/pipeline'
import { findLetter, letterDetail, letterView } from '../dead-letter-view.ts'
import { answers } from '../http/answer-schemas.ts'
import { callerOf } from '../http/caller.ts'
import { clientGone } from '../http/client-gone.ts'
import { createCheck, readJsonBody } from '../http/parameter-check.ts'
import { parameterInvalid } from '../http/problem.ts'
import { jsonMember } from '../json-member.ts'
import { replayAll, replayLetter } from '../replay.ts'
import type { RouteContext, TypedApp } from './route-context.ts'

const DEFAULT_LIMIT = 50
const DISCARD_TRIES = 5
const tags = ['Dead letters']

export function registerDeadLetters(app: TypedApp, context: RouteContext): void {
  registerReading(app, context)
  registerChanges(app, context)
}

function registerReading(app: TypedApp, context: RouteContext): void {
  const { deadLetters } = context.deps
  const onRequest = context.allow()

  app.get(
    '/v1/dead-letters',
    {
      onRequest,
      schema: {
        tags,
        summary: 'List, newest first',
        querystring: DeadLetterListQuery,
        response: answers(200, DeadLetterListSchema),
      },
    },
    async (request) => {
      const { reason, since, limit = DEFAULT_LIMIT, cursor } = request.query
      const { letters, nextCursor } = await deadLetters.list(
        callerOf(request).projectId,
        filterOf(reason, since),
        {
          limit,
          ...(cursor === undefined ? {} : { cursor }),
        },
      )
      return { data: letters.map(letterView), next_cursor: nextCursor }
    },
  )

  app.get(
    '/v1/dead-letters/summary',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Counts by reason and state',
        querystring: ProjectQuery,
        response: answers(200, DeadLetterSummarySchema),
      },
    },
    async (request) => ({ data: await deadLetters.summary(callerOf(request).projectId) }),
  )

  app.get(
    '/v1/dead-letters/:id',
    {
      onRequest,
      schema: {
        tags,
        summary: 'One letter with its original bytes',
        params: DeadLetterParams,
        querystring: ProjectQuery,
        response: answers(200, DeadLetterDetailSchema),
      },
    },
    async (request) =>
      letterDetail(await findLetter(deadLetters, callerOf(request).projectId, request.params.id)),
  )
}

function registerChanges(app: TypedApp, context: RouteContext): void {
  const { deadLetters } = context.deps
  const onRequest = context.allow()
  const checkReplay = createCheck(ReplayBody)
  const checkBulk = createCheck(BulkReplayBody)

  app.post(
    '/v1/dead-letters/:id/replay',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Send one letter again, repaired or as it is',
        params: DeadLetterParams,
        querystring: ProjectQuery,
        response: answers(202, DeadLetterStateSchema),
      },
      config: { documentedBody: ReplayBody },
    },
    async (request, reply) => {
      const body = checkReplay(readJsonBody(request.body)) as { event?: object | null }
      const letter = await findLetter(deadLetters, callerOf(request).projectId, request.params.id)
      const repaired = body.event == null ? null : jsonMember(request.body as Buffer, 'event')
      const { state } = await replayLetter(context, letter, repaired)
      return reply.status(202).send({ id: letter.id, state })
    },
  )

  app.post(
    '/v1/dead-letters/replay',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Send all open letters again',
        querystring: ProjectQuery,
        response: answers(202, BulkReplaySchema),
      },
      config: { documentedBody: BulkReplayBody },
    },
    async (request, reply) => {
      type Body = { reason?: DeadLetterReason | null; since?: string | null }
      const { reason, since } = checkBulk(readJsonBody(request.body)) as Body
      const filter = filterOf(reason ?? undefined, since ?? undefined)
      const replayed = await replayAll(context, callerOf(request).projectId, filter, clientGone(reply))
      return reply.status(202).send({ replayed })
    },
  )

  app.post(
    '/v1/dead-letters/:id/discard',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Give a letter up',
        params: DeadLetterParams,
        querystring: ProjectQuery,
        response: answers(200, DeadLetterStateSchema),
      },
    },
    async (request) => {
      const { projectId } = callerOf(request)
      let letter = await findLetter(deadLetters, projectId, request.params.id)
      // The letter may come again between reading and settling; then it is read again. A settled one may have kept its room.
      let tries = 0
      do {
        await deadLetters.settle(projectId, letter.id, letter.attempts, 'discarded')
        letter = await findLetter(deadLetters, projectId, letter.id)
      } while (++tries < DISCARD_TRIES && letter.state === 'open')
      return { id: letter.id, state: letter.state }
    },
  )
}

function filterOf(reason: DeadLetterReason | undefined, since: string | undefined): DeadLetterFilter {
  const sinceMs = since === undefined ? undefined : parseTimestamp(since)
  if (sinceMs === null) throw parameterInvalid('since', 'since must be an RFC 3339 time with an offset.')
  return { ...(reason === undefined ? {} : { reason }), ...(sinceMs === undefined ? {} : { since: sinceMs }) }
}

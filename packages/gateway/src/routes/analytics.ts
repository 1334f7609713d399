// The questions of product teams over HTTP. What they mean is docs/api.md §3 and the Questions port's business.
import {
  ActiveUsersAnswer,
  ActiveUsersQuery,
  RetentionAnswer,
  RetentionQuery,
  TopEventsAnswer,
  TopEventsQuery,
} from '@penstock/contract/schema'
import { answers } from '../http/answer-schemas.ts'
import { questionContext, questionInput, wireAnswer } from '../question-input.ts'
import type { RouteContext, TypedApp } from './route-context.ts'

export function registerAnalytics(app: TypedApp, context: RouteContext): void {
  const { questions } = context.deps
  const onRequest = context.allow('read')
  const tags = ['Questions']

  app.get(
    '/v1/analytics/active-users',
    {
      onRequest,
      schema: {
        tags,
        summary: 'How many actors were active, by period',
        querystring: ActiveUsersQuery,
        response: answers(200, ActiveUsersAnswer),
      },
    },
    async (request, reply) => {
      const input = questionInput(request.query)
      const asked = await questionContext(context, request, reply)
      return wireAnswer(await questions.activeUsers(input, asked), asked)
    },
  )

  app.get(
    '/v1/analytics/top-events',
    {
      onRequest,
      schema: {
        tags,
        summary: 'What happens most',
        querystring: TopEventsQuery,
        response: answers(200, TopEventsAnswer),
      },
    },
    async (request, reply) => {
      const input = questionInput(request.query)
      const asked = await questionContext(context, request, reply)
      return wireAnswer(await questions.topEvents(input, asked), asked)
    },
  )

  app.get(
    '/v1/analytics/retention',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Who came back',
        querystring: RetentionQuery,
        response: answers(200, RetentionAnswer),
      },
    },
    async (request, reply) => {
      const input = questionInput(request.query)
      const asked = await questionContext(context, request, reply)
      return wireAnswer(await questions.retention(input, asked), asked)
    },
  )
}

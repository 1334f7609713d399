// GET /v1/export: every event of a range as NDJSON, streamed no faster than the reader reads. The first rows are read before the
// status is sent, so that bad input and a failing store are problems; later failures cut the connection, so that a reader
// can tell a whole export from a part.
import { Readable } from 'node:stream'
import type { StoredEvent } from '@penstock/contract'
import { ExportQuery } from '@penstock/contract/schema'
import { Type } from 'typebox'
import { AS_OF_HEADER, FROM_HEADER, TO_HEADER, timeHeaders } from '../http/answer-headers.ts'
import { answers } from '../http/answer-schemas.ts'
import { parameterInvalid } from '../http/problem.ts'
import { questionContext, questionInput } from '../question-input.ts'
import type { RouteContext, TypedApp } from './route-context.ts'

export function registerExport(app: TypedApp, context: RouteContext): void {
  app.get(
    '/v1/export',
    {
      onRequest: context.allow('read'),
      exposeHeadRoute: false,
      schema: {
        tags: ['Questions'],
        summary: 'Every event of a range, by default the last 30 days, one JSON object a line',
        querystring: ExportQuery,
        response: answers(200, Type.Any({ description: '`application/x-ndjson`' }), [
          AS_OF_HEADER,
          FROM_HEADER,
          TO_HEADER,
        ]),
      },
    },
    async (request, reply) => {
      const { format = 'ndjson', ...query } = request.query
      if (format !== 'ndjson') throw parameterInvalid('format', 'format can only be ndjson yet.')
      const asked = await questionContext(context, request, reply)
      const { range, events } = context.deps.questions.exportEvents(questionInput(query), asked)
      const groups = events[Symbol.asyncIterator]()
      const first = await groups.next()
      reply.header('content-type', 'application/x-ndjson; charset=utf-8')
      reply.headers(
        timeHeaders({ [AS_OF_HEADER]: asked.asOf, [FROM_HEADER]: range.start, [TO_HEADER]: range.end }),
      )
      return reply.send(Readable.from(lines(first, groups), { objectMode: false, highWaterMark: 65_536 }))
    },
  )
}

async function* lines(
  first: IteratorResult<StoredEvent[]>,
  groups: AsyncIterator<StoredEvent[]>,
): AsyncGenerator<Buffer> {
  try {
    for (let group = first; group.done !== true; group = await groups.next()) {
      if (group.value.length === 0) continue
      yield Buffer.from(group.value.map((event) => `${JSON.stringify(event)}\n`).join(''))
    }
  } finally {
    await groups.return?.()
  }
}

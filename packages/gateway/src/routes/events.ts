// POST /events: the hot path. No hooks, no schema, no logger of its own: the body's bytes go to the ingest core and its text
// comes back to the socket. Everything that may need waiting is looked at synchronously first.
import { CODES, LIMITS } from '@penstock/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { authenticate } from '../access/authenticate.ts'
import { type ClientReport, readClientReport } from '../http/client-report.ts'
import { documentedSending } from '../http/openapi.ts'
import { problemOf } from '../http/error-handler.ts'
import { ProblemError, type ProblemCode } from '../http/problem.ts'
import { JSON_TYPE, sendProblem, sendText } from '../http/send.ts'
import type { IngestOutcome } from '../ingest/outcome.ts'
import type { RouteContext } from './route-context.ts'

const NO_BODY = Buffer.alloc(0)
const FULL_RETRY_SECONDS = 60

export type Road = 'ingest' | 'import'

/** Answers one request completely and counts it. `admit` may hold it back, or refuse it by throwing. */
export type Sender = (
  request: FastifyRequest,
  reply: FastifyReply,
  road: Road,
  admit?: () => Promise<() => void>,
) => void

export function registerEvents(app: FastifyInstance, send: Sender): void {
  const config = { countsItself: true, documented: documentedSending('Send events') }
  for (const url of ['/events', '/v1/events']) {
    app.post(url, { config }, (request, reply) => send(request, reply, 'ingest'))
  }
}

/** The common part of sending and importing. */
export function createSender(context: RouteContext): Sender {
  const { ring, ingest, letterCap, lifecycle, deps } = context

  function finish(request: FastifyRequest, status: number): void {
    context.requests.observe(request.routeOptions.url ?? 'other', request.method, status, request.startedAt)
  }

  function fail(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
    const problem = problemOf(error, deps.logger, request.id)
    finish(request, sendProblem(request, reply, problem))
  }

  // eslint-disable-next-line max-params -- one answer, four parts of it
  function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    outcome: IngestOutcome,
    report: ClientReport,
  ): void {
    if (outcome.kind === 'answered') {
      context.events.answered(outcome)
      if (outcome.status === 202) context.clients.reported(report)
      sendText(request, reply, { status: outcome.status, type: JSON_TYPE, body: outcome.body })
      finish(request, outcome.status)
    } else {
      const headers: Record<string, string> = { ...outcome.headers }
      if (outcome.retryAfterSeconds !== undefined) headers['retry-after'] = String(outcome.retryAfterSeconds)
      finish(request, sendProblem(request, reply, { code: outcome.code, detail: outcome.detail, headers }))
    }
  }

  // Throws ProblemError. Returns the project.
  function standing(request: FastifyRequest, road: Road): string {
    if (lifecycle.refusing()) throw new ProblemError('shutting_down', 'This server is stopping; try again.')
    const { headers, url } = request.raw
    const credentials = { authorization: headers.authorization, url: url ?? '', origin: headers.origin }
    return authenticate(ring, credentials, road === 'ingest' ? ['write'] : []).projectId
  }

  async function slowly(
    request: FastifyRequest,
    input: { road: Road; report: ClientReport },
    admit?: () => Promise<() => void>,
  ): Promise<IngestOutcome> {
    const { road, report } = input
    await ring.fresh()
    const projectId = standing(request, road)
    if (await letterCap.isFull(projectId)) throw lettersFull()
    const release = await admit?.()
    try {
      return await ingest.ingest(toIngest(request, { projectId, road, report }))
    } finally {
      release?.()
    }
  }

  return (request, reply, road, admit) => {
    if (request.startedAt === 0) request.startedAt = performance.now()
    const report = readClientReport(request.raw.url ?? '')
    let outcome: Promise<IngestOutcome>
    try {
      if (admit !== undefined || !ring.isFresh()) outcome = slowly(request, { road, report }, admit)
      else {
        const projectId = standing(request, road)
        const full = letterCap.isFull(projectId)
        if (full === true) throw lettersFull()
        outcome =
          full === false
            ? ingest.ingest(toIngest(request, { projectId, road, report }))
            : slowly(request, { road, report })
      }
    } catch (error) {
      fail(request, reply, error)
      return
    }
    outcome.then(
      (result) => answer(request, reply, result, report),
      (error: unknown) => fail(request, reply, error),
    )
  }
}

function toIngest(
  request: FastifyRequest,
  { projectId, road, report }: { projectId: string; road: Road; report: ClientReport },
) {
  const { headers } = request.raw
  return {
    requestId: request.id,
    projectId,
    road,
    contentType: headers['content-type'],
    contentEncoding: headers['content-encoding'],
    sentAt: report.sentAt,
    body: (request.body as Buffer | undefined) ?? NO_BODY,
  }
}

function lettersFull(): ProblemError {
  const code: ProblemCode = 'dead_letters_full'
  return new ProblemError(code, `${CODES[code].title}: repair, replay or discard some of them.`, {
    headers: {
      'retry-after': String(FULL_RETRY_SECONDS),
      'ratelimit-limit': String(LIMITS.maxOpenDeadLetters),
      'ratelimit-remaining': '0',
      'ratelimit-reset': String(FULL_RETRY_SECONDS),
    },
  })
}

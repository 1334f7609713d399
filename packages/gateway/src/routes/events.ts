// POST /events: the hot path. No schema, no logger of its own, and one hook that is all of it: the body's bytes go to the ingest core
// and its text comes back to the socket. Everything that may need waiting is looked at synchronously first.
import { CODES, LIMITS } from '@penstock/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { authenticate } from '../access/authenticate.ts'
import { type ClientReport, readClientReport } from '../http/client-report.ts'
import { documentedSending } from '../http/openapi.ts'
import { problemOf } from '../http/error-handler.ts'
import { ProblemError, type ProblemCode } from '../http/problem.ts'
import { collectBody } from '../http/raw-body.ts'
import { JSON_TYPE, sendProblem, sendText } from '../http/send.ts'
import type { IngestOutcome } from '../ingest/outcome.ts'
import type { RouteContext } from './route-context.ts'

const NO_BODY = Buffer.alloc(0)
const FULL_RETRY_SECONDS = 60

export type Road = 'ingest' | 'import'

/** How events come in. */
export interface Way {
  road: Road
  /** The route's pattern, for the metrics. */
  route: string
  /** May hold a request back, or refuse it by throwing. */
  admit?: () => Promise<() => void>
}

/** What both ways in have in common. */
export interface Sender {
  /** Rejects when the answer to this request does not depend on its body. */
  mayArrive(request: FastifyRequest, way: Way): Promise<void>
  /** Answers one request, whose body is there, completely and counts it. */
  send(request: FastifyRequest, reply: FastifyReply, way: Way): void
}

export function registerEvents(app: FastifyInstance, context: RouteContext, sender: Sender): void {
  for (const route of ['/events', '/v1/events']) {
    registerSending(app, { context, sender, way: { road: 'ingest', route }, title: 'Send events' })
  }
}

export function registerSending(
  app: FastifyInstance,
  { context, sender, way, title }: { context: RouteContext; sender: Sender; way: Way; title: string },
): void {
  const { arriving } = context
  app.post(
    way.route,
    {
      config: { countsItself: true, documented: documentedSending(title) },
      // Instead of a parser and the handler: their way through Fastify costs as much as reading an event.
      onRequest: (request, reply, done) => {
        request.startedAt = performance.now()
        const mayArrive = () => sender.mayArrive(request, way)
        collectBody(request.raw, { arriving, mayArrive }, (error, body) => {
          if (error !== null) done(error)
          else {
            request.body = body
            sender.send(request, reply, way)
          }
        })
      },
    },
    answeredByTheHook,
  )
}

function answeredByTheHook(): never {
  throw new Error('the hook has answered')
}

/** What is known of a request beside its bytes. */
interface Sending {
  way: Way
  report: ClientReport
}

export function createSender(context: RouteContext): Sender {
  const { ring, ingest, letterCap, lifecycle, deps } = context

  // What Fastify says of a request's route is an object made anew for each question.
  function finish(request: FastifyRequest, { route }: Way, status: number): void {
    context.requests.observe(route, request.method, status, request.startedAt)
  }

  function fail(request: FastifyRequest, reply: FastifyReply, way: Way, error: unknown): void {
    const problem = problemOf(error, deps.logger, request.id)
    finish(request, way, sendProblem(request, reply, problem))
  }

  function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    { way, report }: Sending,
    outcome: IngestOutcome,
  ): void {
    if (outcome.kind === 'answered') {
      context.events.answered(outcome)
      if (outcome.status === 202) context.clients.reported(report)
      sendText(request, reply, { status: outcome.status, type: JSON_TYPE, body: outcome.body })
      finish(request, way, outcome.status)
    } else {
      const headers: Record<string, string> = { ...outcome.headers }
      if (outcome.retryAfterSeconds !== undefined) headers['retry-after'] = String(outcome.retryAfterSeconds)
      const problem = { code: outcome.code, detail: outcome.detail, headers }
      finish(request, way, sendProblem(request, reply, problem))
    }
  }

  // Throws ProblemError. Returns the project.
  function standing(request: FastifyRequest, road: Road): string {
    if (lifecycle.refusing()) throw new ProblemError('shutting_down', 'This server is stopping; try again.')
    const { headers, url } = request.raw
    const credentials = { authorization: headers.authorization, url: url ?? '', origin: headers.origin }
    return authenticate(ring, credentials, road === 'ingest' ? ['write'] : []).projectId
  }

  async function slowly(request: FastifyRequest, { way, report }: Sending): Promise<IngestOutcome> {
    const { road, admit } = way
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

  async function mayArrive(request: FastifyRequest, { road }: Way): Promise<void> {
    await ring.fresh()
    standing(request, road)
  }

  function send(request: FastifyRequest, reply: FastifyReply, way: Way): void {
    const { road, admit } = way
    const report = readClientReport(request.raw.url ?? '')
    const sending: Sending = { way, report }
    let outcome: Promise<IngestOutcome>
    try {
      if (admit !== undefined || !ring.isFresh()) outcome = slowly(request, sending)
      else {
        const projectId = standing(request, road)
        const full = letterCap.isFull(projectId)
        if (full === true) throw lettersFull()
        outcome =
          full === false
            ? ingest.ingest(toIngest(request, { projectId, road, report }))
            : slowly(request, sending)
      }
    } catch (error) {
      fail(request, reply, way, error)
      return
    }
    outcome.then(
      (result) => answer(request, reply, sending, result),
      (error: unknown) => fail(request, reply, way, error),
    )
  }

  return { mayArrive, send }
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

// Writes an answer whose body is already text straight to the socket: the way of the hot routes, and of every problem.
// Fastify's reply would serialise, look for hooks and copy headers first.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { EXPOSED_HEADERS } from './cors.ts'
import { PROBLEM_TYPE, problemText, withRetryAfter, problemStatus, type ProblemParts } from './problem.ts'

export const JSON_TYPE = 'application/json; charset=utf-8'

/** Sends `body` and counts nothing. Does nothing when an answer has begun. */
export function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: { status: number; type: string; body: string; headers?: Readonly<Record<string, string>> },
): void {
  const { raw } = reply
  if (raw.headersSent || raw.destroyed) return
  reply.hijack()
  const head = [
    'content-type',
    answer.type,
    'content-length',
    String(Buffer.byteLength(answer.body)),
    'x-request-id',
    request.id,
    'x-content-type-options',
    'nosniff',
  ]
  if (request.raw.headers.origin !== undefined) {
    head.push('access-control-allow-origin', '*', 'access-control-expose-headers', EXPOSED_HEADERS)
  }
  if (answer.headers !== undefined) {
    for (const [name, value] of Object.entries(answer.headers)) head.push(name, value)
  }
  // Headers that hooks have set would double these.
  for (const name of raw.getHeaderNames()) if (name !== 'connection') raw.removeHeader(name)
  raw.writeHead(answer.status, head)
  raw.end(request.raw.method === 'HEAD' ? undefined : answer.body)
}

/** Sends a problem and returns its status. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: ProblemParts & { headers?: Readonly<Record<string, string>> },
): number {
  const status = problem.status ?? problemStatus(problem.code)
  sendText(request, reply, {
    status,
    type: PROBLEM_TYPE,
    body: problemText(problem, request.id),
    headers: withRetryAfter(status, { ...problem.headers }),
  })
  return status
}

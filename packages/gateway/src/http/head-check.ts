// What Node would answer by itself, with no body and uncounted, between its parser and our routes: HTTP/1.1 without a Host, and
// expectations that nobody knows. Both come to the routes like any request and are refused there (`requireHostHeader` is off for it).
import type { FastifyInstance } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ProblemError } from './problem.ts'

/** Node's own rule: what fits has been answered with 100 before we see it. */
const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i

/** Must be registered before the routes. */
export function registerHeadCheck(app: FastifyInstance): void {
  const { server } = app
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    server.emit('request', request, response)
  })
  app.addHook('onRequest', (request, _reply, done) => {
    const wrong = wrongIn(request.raw)
    if (wrong === null) done()
    else done(new ProblemError('request_malformed', wrong))
  })
}

function wrongIn({ headers, httpVersionMinor }: IncomingMessage): string | null {
  if (httpVersionMinor !== 1) return null
  if (headers.host === undefined) return 'HTTP/1.1 needs a Host header.'
  if (headers.expect === undefined || CONTINUE.test(headers.expect)) return null
  return 'The only expectation that is understood is 100-continue.'
}

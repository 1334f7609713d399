// Every route that is not on the hot path: with hooks that count and mark answers.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { allowOrigin } from '../http/cors.ts'
import { ProblemError } from '../http/problem.ts'
import type { RouteContext, TypedApp } from './route-context.ts'

/** Registers the routes of `options.serve` and returns what else needs them. */
export async function registerHooked(
  app: FastifyInstance,
  context: RouteContext,
  registry: Registry,
): Promise<{ metrics: () => Promise<string> }> {
  await app.register((plain, _, done) => {
    const hooked: TypedApp = plain.withTypeProvider<TypeBoxTypeProvider>()
    addHooks(hooked, context)
    hooked.get('/health/live', () => ({ status: 'live' }))
    done()
  })
  return { metrics: () => registry.metrics() }
}

function addHooks(app: TypedApp, { requests, lifecycle }: RouteContext): void {
  app.addHook('onRequest', (request, reply, done) => {
    request.startedAt = performance.now()
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    if (request.headers.origin !== undefined) allowOrigin(reply)
    const open = request.url.startsWith('/health') || request.url.startsWith('/metrics')
    if (!open && lifecycle.refusing())
      done(new ProblemError('shutting_down', 'This server is stopping; try again.'))
    else done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    requests.observe(request.routeOptions.url ?? 'other', request.method, reply.statusCode, request.startedAt)
    done()
  })
}

// Every route that is not on the hot path: with hooks that count and mark answers, checked by schemas, typed by them.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { allowOrigin } from '../http/cors.ts'
import { parameterCompiler } from '../http/parameter-check.ts'
import { ProblemError } from '../http/problem.ts'
import type { WatchedLog } from '../log-watch.ts'
import { registerAnalytics } from './analytics.ts'
import { registerBrowserScript } from './browser-script.ts'
import { registerDeadLetters } from './dead-letters.ts'
import { registerDocuments } from './documents.ts'
import { registerExport } from './export.ts'
import { registerHealth } from './health.ts'
import { registerMetrics } from './metrics.ts'
import { registerProjects } from './projects.ts'
import { registerReceipts } from './receipts.ts'
import type { RouteContext } from './route-context.ts'
import { registerUsers } from './users.ts'

/** Registers the routes that `options.serve` asks for. */
export async function registerHooked(
  app: FastifyInstance,
  context: RouteContext,
  parts: { watched: WatchedLog; metrics: () => Promise<string> },
): Promise<void> {
  await app.register(async (plain) => {
    const hooked = plain.withTypeProvider<TypeBoxTypeProvider>()
    hooked.setValidatorCompiler(parameterCompiler)
    hooked.setSerializerCompiler(() => (data) => JSON.stringify(data))
    addHooks(hooked, context)
    registerHealth(hooked, context, parts.watched)
    registerMetrics(hooked, context, parts.metrics)
    registerReceipts(hooked, context)
    if (context.options.serve !== 'ingest') {
      registerAnalytics(hooked, context)
      registerExport(hooked, context)
      registerUsers(hooked, context)
      registerDeadLetters(hooked, context)
      registerProjects(hooked, context)
    }
    const { browserScript } = context.options
    if (browserScript !== undefined) registerBrowserScript(hooked, browserScript)
    await registerDocuments(hooked)
  })
}

function addHooks(app: FastifyInstance, { requests, lifecycle }: RouteContext): void {
  app.addHook('onRequest', (request, reply, done) => {
    request.startedAt = performance.now()
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    if (request.headers.origin !== undefined) allowOrigin(reply)
    const { url } = request.routeOptions
    const watching = url === '/metrics' || url?.startsWith('/health/') === true
    if (!watching && lifecycle.refusing())
      done(new ProblemError('shutting_down', 'This server is stopping; try again.'))
    else done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    requests.observe(request.routeOptions.url ?? 'other', request.method, reply.statusCode, request.startedAt)
    done()
  })
}

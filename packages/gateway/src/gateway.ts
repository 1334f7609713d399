// Puts the gateway together: HTTP app, keys, ingest core, routes, metrics, the way down. Nothing listens yet when it returns.
// Hot routes live in a context without hooks; everything else in one with them.
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify'
import { Registry, collectDefaultMetrics } from 'prom-client'
import { authenticate } from './access/authenticate.ts'
import { createKeyRing } from './access/key-ring.ts'
import type { Gateway, GatewayDeps, GatewayOptions } from './gateway-options.ts'
import { createArrivingBodies } from './http/arriving-bodies.ts'
import { createClientErrorHandler } from './http/client-error.ts'
import { problemOf } from './http/error-handler.ts'
import './http/fastify-extensions.ts'
import { sendProblem } from './http/send.ts'
import { registerFallbacks } from './http/fallbacks.ts'
import { registerHeadCheck } from './http/head-check.ts'
import { registerOpenApi } from './http/openapi.ts'
import { registerRawBody } from './http/raw-body.ts'
import { createRequestIds } from './http/request-id.ts'
import { createRouteTable } from './http/route-table.ts'
import { SERVER_LIMITS, serverOptions } from './http/server-options.ts'
import { createIngest } from './ingest/ingest.ts'
import { createLetterCap } from './letter-cap.ts'
import { createLifecycle } from './lifecycle.ts'
import { watchLog } from './log-watch.ts'
import { createClientMetrics } from './metrics/client-metrics.ts'
import { createEventMetrics } from './metrics/event-metrics.ts'
import { createRequestMetrics } from './metrics/request-metrics.ts'
import { createLagMetrics } from './metrics/lag-metrics.ts'
import { joinMetrics } from './metrics/join-metrics.ts'
import { createSender, registerEvents } from './routes/events.ts'
import { registerImport } from './routes/import.ts'
import { registerHooked } from './routes/hooked.ts'
import type { RouteContext } from './routes/route-context.ts'

export type { Gateway, GatewayDeps, GatewayOptions, Logger } from './gateway-options.ts'

/**
 * Makes the gateway. Reads the keys once, so a project store that does not answer rejects here.
 * The caller listens (`gateway.app.listen`), and closes the stores after `gateway.stop` resolved.
 */
export async function createGateway(deps: GatewayDeps, options: GatewayOptions): Promise<Gateway> {
  const registry = new Registry()
  const requests = createRequestMetrics(registry)
  const nextId = createRequestIds()
  const app = fastify({
    ...serverOptions(options, nextId),
    clientErrorHandler: createClientErrorHandler(nextId, (status) =>
      requests.observe('other', 'other', status, 0),
    ),
    // Fastify asks this before there is a route, so without our error handler.
    frameworkErrors: (error, request, reply) => {
      const status = sendProblem(request, reply, problemOf(error, deps.logger, request.id))
      requests.observe('other', request.method, status, 0)
    },
  }) as unknown as FastifyInstance
  app.server.maxConnections = SERVER_LIMITS.maxConnections
  registerHeadCheck(app)
  app.decorateRequest('startedAt', 0)
  app.decorateRequest('caller', null)
  const arriving = createArrivingBodies(options.maxInflightBytes / 2)
  registerRawBody(app, arriving)

  const watched = watchLog(deps.log, deps.clock)
  const onStoreError = (error: unknown) =>
    deps.logger.warn({ event: 'store.failed', err: error }, 'store failed')
  const ring = createKeyRing({ projects: deps.projects, clock: deps.clock, onError: onStoreError })
  await ring.fresh()
  const ingest = createIngest(
    { log: watched.log, clock: deps.clock, failpoint: deps.failpoint, onStoreError },
    { maxInflightBytes: options.maxInflightBytes, durableBefore202: options.durableBefore202 },
  )
  const context: RouteContext = {
    deps,
    options,
    ring,
    arriving,
    ingest,
    letterCap: createLetterCap({ ...deps, onError: onStoreError }),
    lifecycle: createLifecycle({ app, drainIngest: () => ingest.drain() }),
    requests,
    events: createEventMetrics(registry),
    clients: createClientMetrics(registry),
    allow:
      (...roles) =>
      async (request: FastifyRequest) => {
        await ring.fresh()
        const { headers, url } = request.raw
        const credentials = { authorization: headers.authorization, url: url ?? '', origin: headers.origin }
        request.caller = authenticate(ring, credentials, roles)
      },
  }

  await registerOpenApi(app)
  registerFallbacks(app, createRouteTable(app), context)
  if (options.serve !== 'answers') {
    await app.register((hot, _, done) => {
      const sender = createSender(context)
      registerEvents(hot, context, sender)
      registerImport(hot, context, sender)
      done()
    })
  }
  const { maxInflightBytes } = options
  createLagMetrics(registry, { state: deps.state, maxInflightBytes }, watched, { ingest, arriving })
  collectDefaultMetrics({ register: registry })
  const metrics = async () => {
    const own = await registry.metrics()
    const { workerMetrics } = deps
    return workerMetrics === undefined ? own : joinMetrics(own, await workerMetrics())
  }
  await registerHooked(app, context, { watched, metrics })
  await app.ready()
  return { app, metrics, stop: (stopping) => context.lifecycle.stop(stopping) }
}

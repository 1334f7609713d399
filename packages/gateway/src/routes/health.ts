import { LiveSchema, ReadySchema } from '@penstock/contract/schema'
import { createReadiness } from '../readiness.ts'
import type { WatchedLog } from '../log-watch.ts'
import type { RouteContext, TypedApp } from './route-context.ts'

/** For balancers and supervisors; no key. */
export function registerHealth(app: TypedApp, context: RouteContext, watched: WatchedLog): void {
  const { deps, lifecycle } = context
  const readiness = createReadiness({
    watched,
    coldPing: deps.coldPing,
    workerAlive: deps.workerAlive,
    state: deps.state,
    clock: deps.clock,
    draining: () => lifecycle.draining(),
    serve: context.options.serve,
    clockDifferenceMs: context.options.clockDifferenceMs,
  })
  const tags = ['Operations']

  app.get(
    '/health/live',
    { schema: { tags, summary: 'The process runs', security: [], response: { 200: LiveSchema } } },
    () => ({ status: 'live' as const }),
  )

  app.get(
    '/health/ready',
    {
      schema: {
        tags,
        summary: 'An event could be accepted and stored durably now',
        security: [],
        response: { 200: ReadySchema, 503: ReadySchema },
      },
    },
    async (_request, reply) => {
      const { ready, checks } = await readiness()
      return reply.status(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not_ready', checks })
    },
  )
}

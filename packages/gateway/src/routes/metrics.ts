import { Type } from 'typebox'
import type { RouteContext, TypedApp } from './route-context.ts'

const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** GET /metrics: open on loopback, else with an admin key, or not here at all because it has its own port. */
export function registerMetrics(app: TypedApp, context: RouteContext, metrics: () => Promise<string>): void {
  const { metrics: access } = context.options
  if (access === 'off') return
  app.get(
    '/metrics',
    {
      ...(access === 'admin' ? { onRequest: context.allow() } : {}),
      schema: {
        tags: ['Operations'],
        summary: 'Prometheus text',
        ...(access === 'open' ? { security: [] } : {}),
        response: { 200: Type.String({ description: 'Prometheus text' }) },
      },
    },
    async (_request, reply) => reply.type(PROMETHEUS_TYPE).send(await metrics()),
  )
}

import fastifySwaggerUi from '@fastify/swagger-ui'
import { LIMITS } from '@penstock/contract'
import type { TypedApp } from './route-context.ts'

/** GET /openapi.json, and a page to read it at /docs. No key. */
export async function registerDocuments(app: TypedApp): Promise<void> {
  let text: string | undefined
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => {
    text ??= JSON.stringify({ ...app.swagger(), 'x-limits': LIMITS })
    return reply.type('application/json; charset=utf-8').send(text)
  })
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    uiConfig: { url: '/openapi.json', tryItOutEnabled: false },
    theme: { title: 'Penstock' },
  })
}

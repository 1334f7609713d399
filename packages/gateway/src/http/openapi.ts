// OpenAPI 3.1 from the schemas that check requests. Hot routes have no schema, since Fastify would run it; they carry what is to be
// said of them in their config, and bodies likewise, because they arrive as bytes.
import fastifySwagger from '@fastify/swagger'
import { LIMITS } from '@penstock/contract'
import { EventsBodySchema, IngestResponseSchema, ProblemSchema } from '@penstock/contract/schema'
import type { FastifyInstance, FastifySchema } from 'fastify'
import { answers } from './answer-schemas.ts'

const DESCRIPTION = `Open-source event collection and product analytics: every accepted event is counted exactly once.

Errors are \`application/problem+json\` (RFC 9457) with a \`code\`. Times are RFC 3339 in UTC with milliseconds.

| limit | value |
| --- | --- |
${Object.entries(LIMITS)
  .map(([name, value]) => `| \`${name}\` | ${value} |`)
  .join('\n')}`

/** What OpenAPI says of a route that sends or imports events. */
export const documentedSending = (summary: string): FastifySchema => ({
  tags: ['Events'],
  summary,
  consumes: ['application/json', 'application/x-ndjson', 'text/plain'],
  body: EventsBodySchema,
  response: { 202: IngestResponseSchema, 422: IngestResponseSchema, ...answers(202, IngestResponseSchema) },
})

/** Must be registered before the routes. */
export async function registerOpenApi(app: FastifyInstance): Promise<void> {
  app.addSchema({ ...ProblemSchema, $id: 'Problem' })
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Penstock',
        version: '1',
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'Any key.' },
          basic: { type: 'http', scheme: 'basic', description: 'Any key as the user name.' },
          writeKey: { type: 'apiKey', in: 'query', name: 'write_key', description: 'Write keys only.' },
        },
      },
      security: [{ bearer: [] }, { basic: [] }],
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) =>
        typeof json['$id'] === 'string' ? json['$id'] : `def-${index}`,
    },
    transform: ({ schema, url, route }) => {
      const { config } = route // plugins' routes have none
      const base = config?.documented ?? schema
      const documentedBody = config?.documentedBody
      return { schema: documentedBody === undefined ? base : { ...base, body: documentedBody }, url }
    },
  })
}

// What this gateway adds to Fastify's request and routes. The request's fields are set before they are read.
import type { TSchema } from 'typebox'
import type { Caller } from '../access/authenticate.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** `performance.now()` when the request's headers were there; 0 until then. */
    startedAt: number
    /** Who calls; null on routes without a key. */
    caller: Caller | null
  }
  interface FastifyContextConfig {
    /** The route counts its answers itself, without a hook. */
    countsItself?: boolean
    /** The body as OpenAPI shows it: bodies arrive as bytes and are checked in their handlers. */
    documentedBody?: TSchema
    /** Everything OpenAPI says of a route that has no schema of its own. */
    documented?: FastifySchema
  }
}

// What this gateway adds to Fastify's request: both are set before they are read.
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
  }
}

export {}

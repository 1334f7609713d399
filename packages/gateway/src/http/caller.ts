import type { FastifyRequest } from 'fastify'
import type { Caller } from '../access/authenticate.ts'

/** The caller that `allow` found. A route without `allow` that asks is our bug. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error('the route has no key check')
  return request.caller
}

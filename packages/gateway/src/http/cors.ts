// Cross-origin rules. Keys are sent on purpose, never by the browser on its own, so any page may call; a key that lists origins
// is checked where keys are checked. Preflights carry no key: they get one constant answer, kept by browsers for a day.
import type { FastifyReply } from 'fastify'
import { AS_OF_HEADER, FROM_HEADER, TO_HEADER } from './answer-headers.ts'

export const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
  'access-control-allow-headers': 'Authorization, Content-Type, Content-Encoding',
  'access-control-max-age': '86400',
}

export const EXPOSED_HEADERS = [
  'X-Request-Id, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset',
  ...[AS_OF_HEADER, FROM_HEADER, TO_HEADER],
].join(', ')

/** Lets pages of any origin read this answer. */
export function allowOrigin(reply: FastifyReply): void {
  reply.header('access-control-allow-origin', '*')
  reply.header('access-control-expose-headers', EXPOSED_HEADERS)
}

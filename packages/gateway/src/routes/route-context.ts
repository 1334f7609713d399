// What every group of routes is given.
import type { FastifyInstance, FastifyReply, FastifyRequest, RawServerDefault } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { KeyRole } from '@penstock/pipeline'
import type { KeyRing } from '../access/key-ring.ts'
import type { GatewayDeps, GatewayOptions } from '../gateway-options.ts'
import type { ArrivingBodies } from '../http/arriving-bodies.ts'
import type { Ingest } from '../ingest/outcome.ts'
import type { LetterCap } from '../letter-cap.ts'
import type { Lifecycle } from '../lifecycle.ts'
import type { ClientMetrics } from '../metrics/client-metrics.ts'
import type { EventMetrics } from '../metrics/event-metrics.ts'
import type { RequestMetrics } from '../metrics/request-metrics.ts'

/** The app as routes see it: their schemas type their requests. */
export type TypedApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

export interface RouteContext {
  deps: GatewayDeps
  options: GatewayOptions
  ring: KeyRing
  arriving: ArrivingBodies
  ingest: Ingest
  letterCap: LetterCap
  lifecycle: Lifecycle
  requests: RequestMetrics
  events: EventMetrics
  clients: ClientMetrics
  /** An `onRequest` hook: sets `request.caller`, or refuses. Admin keys always may. */
  allow(...roles: KeyRole[]): (request: FastifyRequest, reply: FastifyReply) => Promise<void>
}

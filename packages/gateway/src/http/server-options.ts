// The HTTP server's bounds. Every socket is closed in bounded time: slow headers, slow bodies, readers that do not read.
import { LIMITS } from '@penstock/contract'
import type { GatewayOptions } from '../gateway-options.ts'

export const SERVER_LIMITS = {
  /** How often slow requests are looked for; the bounds below are met within this. */
  connectionsCheckingIntervalMs: 1_000,
  /** A socket on which nothing moves for this long is closed: longer than any question may take. */
  idleSocketMs: 120_000,
  /** Longer than usual balancers keep their side open. */
  keepAliveMs: 72_000,
  /** Connections beyond this are refused at once. */
  maxConnections: 10_000,
  /** An id of 255 characters, each of four bytes, percent-encoded. */
  maxParamChars: 255 * 12,
} as const

/** For `fastify()`. */
export function serverOptions(options: GatewayOptions, nextId: () => string) {
  return {
    logger: false,
    genReqId: nextId,
    requestIdHeader: false as const,
    trustProxy: options.trustProxy.length === 0 ? false : options.trustProxy,
    bodyLimit: LIMITS.maxBodyBytes,
    requestTimeout: LIMITS.bodyTimeoutMs,
    connectionTimeout: SERVER_LIMITS.idleSocketMs,
    keepAliveTimeout: SERVER_LIMITS.keepAliveMs,
    http: {
      headersTimeout: LIMITS.headersTimeoutMs,
      connectionsCheckingInterval: SERVER_LIMITS.connectionsCheckingIntervalMs,
      requireHostHeader: false, // head-check.ts requires it
    },
    // While we close, requests of open connections still get our own answers.
    return503OnClosing: false,
    forceCloseConnections: 'idle' as const,
    exposeHeadRoutes: true,
    routerOptions: { maxParamLength: SERVER_LIMITS.maxParamChars },
  }
}

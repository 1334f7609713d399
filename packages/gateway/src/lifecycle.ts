// The way down: running → draining (readiness fails, everything is still served) → refusing (new work is 503) → closed.
// Guarantee: a request whose handler began is answered before `stopped` resolves, or its socket is cut after the deadline.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** What is in flight this long after new work is refused is cut: exports to readers that do not read. */
const CUT_AFTER_MS = 5_000

export interface Lifecycle {
  /** Readiness has failed for good. */
  draining(): boolean
  /** New work is to be answered with 503 `shutting_down`. */
  refusing(): boolean
  stop(options: { drainMs: number }): Promise<void>
}

export function createLifecycle(deps: {
  app: FastifyInstance
  /** Resolves when no request waits for durability any more. */
  drainIngest: () => Promise<void>
}): Lifecycle {
  let draining = false
  let refusing = false
  let stopped: Promise<void> | null = null

  async function stop(drainMs: number): Promise<void> {
    draining = true
    // Clients go elsewhere with their next request, instead of finding an idle connection closed under it.
    deps.app.server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
      response.shouldKeepAlive = false
    })
    if (drainMs > 0) await new Promise((resolve) => setTimeout(resolve, drainMs))
    refusing = true
    const { server } = deps.app
    const cut = setTimeout(() => server.closeAllConnections(), CUT_AFTER_MS)
    // Fastify closes the listener and idle sockets, then waits for the busy ones.
    await Promise.all([deps.drainIngest(), deps.app.close()])
    clearTimeout(cut)
  }

  return {
    draining: () => draining,
    refusing: () => refusing,
    stop: ({ drainMs }) => (stopped ??= stop(drainMs)),
  }
}

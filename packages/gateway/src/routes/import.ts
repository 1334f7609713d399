import type { FastifyInstance } from 'fastify'
import { documentedSending } from '../http/openapi.ts'
import { createImportGate } from '../import-gate.ts'
import type { Sender, Way } from './events.ts'
import type { RouteContext } from './route-context.ts'

/** POST /v1/import: as sending, with an admin key, any time since 1970, and at the pace of the stores. */
export function registerImport(app: FastifyInstance, context: RouteContext, send: Sender): void {
  const { deps, options, lifecycle } = context
  const gate = createImportGate({
    log: deps.log,
    state: deps.state,
    clock: deps.clock,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    importMaxLagMs: options.importMaxLagMs,
    refusing: () => lifecycle.refusing(),
  })
  const way: Way = { road: 'import', route: '/v1/import', admit: () => gate.admit() }
  app.post(
    way.route,
    { config: { countsItself: true, documented: documentedSending('Import history (admin key)') } },
    (request, reply) => send(request, reply, way),
  )
}

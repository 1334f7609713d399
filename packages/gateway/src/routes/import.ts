import type { FastifyInstance } from 'fastify'
import { createImportGate } from '../import-gate.ts'
import { registerSending, type Sender, type Way } from './events.ts'
import type { RouteContext } from './route-context.ts'

/** POST /v1/import: as sending, with an admin key, any time since 1970, and at the pace of the stores. */
export function registerImport(app: FastifyInstance, context: RouteContext, sender: Sender): void {
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
  registerSending(app, { context, sender, way, title: 'Import history (admin key)' })
}

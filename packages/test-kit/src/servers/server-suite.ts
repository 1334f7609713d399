// How every suite that needs a server says so. On a developer's machine a server that cannot be had skips the suite with one line
// that says what is missing; with CI=true it fails, so that no build is green without it. A server that does not come up fails
// everywhere.
import { describe, inject, it } from 'vitest'
import type { ServerAddress, ServerKind } from './server-desk.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the run's servers are asked for; set by tests/servers.setup.ts. */
    serverDesk: string
  }
}

/**
 * Defines a suite on the run's shared server; await it at the top of the file. Keep apart from other suites by names.
 */
export async function serverSuite(kind: ServerKind, define: (server: ServerAddress) => void): Promise<void> {
  const server = await ask<ServerAddress>(kind)
  if (server !== null) define(server)
}

/** Defines a suite on all of the run's shared servers; skipped, with the reason, when one of them cannot be had. */
export async function serversSuite(
  define: (servers: Readonly<Record<ServerKind, ServerAddress>>) => void,
): Promise<void> {
  const nats = await ask<ServerAddress>('nats')
  const cassandra = nats && (await ask<ServerAddress>('cassandra'))
  const clickhouse = cassandra && (await ask<ServerAddress>('clickhouse'))
  if (nats && cassandra && clickhouse) define({ nats, cassandra, clickhouse })
}

/** Defines a suite that starts servers of this kind by itself, because it kills or configures them. */
export async function ownServerSuite(kind: ServerKind, define: () => void): Promise<void> {
  if ((await ask(`${kind}/program`)) !== null) define()
}

/** null: the server cannot be had and the suite was defined as skipped. */
async function ask<Answer>(path: string): Promise<Answer | null> {
  const response = await fetch(`${inject('serverDesk')}/${path}`)
  const body = (await response.json()) as Answer & { missing?: string; error?: string }
  if (response.ok) return body
  if (body.missing === undefined) throw new Error(body.error ?? `the server desk answered ${response.status}`)
  if (process.env['CI'] === 'true') throw new Error(`CI=true and a server is missing: ${body.missing}`)
  console.warn(`skipped: ${body.missing}`)
  describe.skip(`skipped: ${body.missing}`, () => {
    it('needs a server', () => undefined)
  })
  return null
}

/** Defines a suite that starts servers of several kinds by itself; skipped, with the reason, when one of them cannot be had. */
export async function ownServersSuite(kinds: readonly ServerKind[], define: () => void): Promise<void> {
  for (const kind of kinds) if ((await ask(`${kind}/program`)) === null) return
  define()
}

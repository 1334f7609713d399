import type { FastifyInstance } from 'fastify'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT } from '../terminal/exit-code.ts'

/** Starts listening and returns the URL that reaches it from this machine. Throws `CommandError` (69) with what is in the way. */
export async function listen(
  app: Pick<FastifyInstance, 'listen' | 'server'>,
  { host, port }: { host: string; port: number },
): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    throw listenFailure(error as NodeJS.ErrnoException, host, port)
  }
  return serverUrl(app.server.address(), host)
}

/** What failed to listen, in a sentence; anything unknown as it is. */
export function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new CommandError(
      EXIT.unavailable,
      `port ${port} on ${host} is taken by another program`,
      'Is Penstock running already? Otherwise choose another with --port or PENSTOCK_PORT (0 takes any free one).',
    )
  }
  if (error.code === 'EACCES') {
    return new CommandError(
      EXIT.unavailable,
      `this user may not listen on port ${port}`,
      'Choose one above 1023.',
    )
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new CommandError(
      EXIT.unavailable,
      `this machine has no address ${host}`,
      'Set PENSTOCK_HOST to one of its own.',
    )
  }
  return error
}

/** A wildcard address is reached through loopback. */
export function serverUrl(address: ReturnType<FastifyInstance['server']['address']>, host: string): string {
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${address.port}`
}

// A nats-server with JetStream on 127.0.0.1, every message synced before it is acknowledged. Boots in 40 ms.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePort } from '../program/free-port.ts'
import { natsProgram } from './nats-program.ts'
import { launchServer, type TestServer } from './server-process.ts'

export interface NatsOptions {
  /** Everything it writes goes here; made when missing. */
  directory: string
  /** @defaultValue a free one */
  port?: number
  /**
   * When the server syncs what it stored: before each acknowledgement, or on a timer.
   * @defaultValue `always`
   */
  syncInterval?: 'always' | `${number}s`
  /** More lines for the server's configuration, e.g. `authorization { … }`. */
  configuration?: string
}

export interface NatsTestServer extends TestServer {
  /** `nats://127.0.0.1:PORT` */
  readonly url: string
  readonly monitorUrl: string
}

const DEADLINE_MS = 20_000
const PORT_ATTEMPTS = 3

/** Throws ServerMissing when there is no program, another error when it does not come up. */
export async function startNats(options: NatsOptions): Promise<NatsTestServer> {
  const program = await natsProgram()
  const directory = resolve(options.directory)
  mkdirSync(directory, { recursive: true })
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort())
    const monitorPort = await freePort()
    const monitorUrl = `http://127.0.0.1:${monitorPort}`
    const file = join(directory, 'nats.conf')
    const lines = [
      `listen: "127.0.0.1:${port}"`,
      `http: "127.0.0.1:${monitorPort}"`,
      `jetstream { store_dir: ${JSON.stringify(directory)}, sync_interval: ${options.syncInterval ?? 'always'} }`,
      options.configuration ?? '',
    ]
    writeFileSync(file, lines.join('\n'))
    try {
      const server = await launchServer({
        name: 'nats-server',
        port,
        command: program,
        args: ['-c', file],
        ready: async () => (await fetch(`${monitorUrl}/healthz?js-enabled-only=true`)).ok,
        deadlineMs: DEADLINE_MS,
      })
      return Object.defineProperties(
        { ...server, url: `nats://127.0.0.1:${port}`, monitorUrl },
        liveOf(server),
      )
    } catch (error) {
      if (!/address already in use/i.test(String(error)) || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

// A spread would copy what changes: pid and running.
const liveOf = (server: TestServer): PropertyDescriptorMap => ({
  pid: { get: () => server.pid, enumerable: true },
  running: { get: () => server.running, enumerable: true },
})

// One of each server for a whole test run, started when the first suite asks for it and stopped at the end of the run. Test
// files run in processes of their own, so they ask over HTTP on the loopback. Suites keep apart by names (stream, keyspace,
// database). A suite that kills its server starts one of its own instead.
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cassandraJars } from './cassandra-jars.ts'
import { startCassandra } from './cassandra-server.ts'
import { clickHouseProgram, startClickHouse } from './clickhouse-server.ts'
import { natsProgram } from './nats-program.ts'
import { startNats } from './nats-server.ts'
import { ServerMissing } from './server-missing.ts'
import type { TestServer } from './server-process.ts'

export type ServerKind = 'cassandra' | 'clickhouse' | 'nats'

export interface ServerAddress {
  host: string
  port: number
}

interface Source {
  /** Variable with `host:port` of a server that runs already and is to be used instead. */
  variable: string
  /** Gets the program. Throws ServerMissing. */
  obtain(): Promise<unknown>
  start(directory: string): Promise<TestServer>
}

const SOURCES: Readonly<Record<ServerKind, Source>> = {
  cassandra: {
    variable: 'PENSTOCK_TEST_CQL',
    obtain: cassandraJars,
    start: (directory) => startCassandra({ directory }),
  },
  clickhouse: {
    variable: 'PENSTOCK_TEST_CLICKHOUSE',
    obtain: async () => Promise.resolve(clickHouseProgram()),
    start: (directory) => startClickHouse({ directory }),
  },
  nats: {
    variable: 'PENSTOCK_TEST_NATS',
    obtain: natsProgram,
    start: (directory) => startNats({ directory }),
  },
}

export interface ServerDesk {
  /** `GET /KIND` answers with an address, `GET /KIND/program` when the program is there; 424 with a reason when not. */
  readonly url: string
  /** Stops the servers and removes their data. */
  close(): Promise<void>
}

export async function openServerDesk(): Promise<ServerDesk> {
  const root = await mkdtemp(join(tmpdir(), 'penstock-servers-'))
  const servers = new Map<ServerKind, Promise<TestServer>>()

  async function address(kind: ServerKind): Promise<ServerAddress> {
    const given = process.env[SOURCES[kind].variable]
    if (given !== undefined && given !== '') {
      const [host = '', port = ''] = given.split(':')
      return { host, port: Number(port) }
    }
    const server = servers.get(kind) ?? SOURCES[kind].start(join(root, kind))
    servers.set(kind, server)
    const { host, port } = await server
    return { host, port }
  }

  const http = createServer((request, response) => {
    const [, kind = '', what] = (request.url ?? '').split('/')
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (!Object.hasOwn(SOURCES, kind)) {
      answer(404, { error: `no server is called ${kind}` })
      return
    }
    const wanted = what === 'program' ? SOURCES[kind as ServerKind].obtain() : address(kind as ServerKind)
    wanted.then(
      (found) => answer(200, found),
      (error: unknown) =>
        error instanceof ServerMissing
          ? answer(424, { missing: error.message })
          : answer(500, { error: String(error) }),
    )
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async close() {
      http.closeAllConnections()
      http.close()
      const started = await Promise.allSettled(servers.values())
      await Promise.all(started.map(async (result) => result.status === 'fulfilled' && result.value.stop()))
      await rm(root, { recursive: true, force: true })
    },
  }
}

// The CQL server of the tests: Apache Cassandra 5.0 as one process. Single node, data centre `datacenter1`, every write synced
// before it is acknowledged, so that kill -9 loses nothing acknowledged. A boot takes 4–8 s and 0.9 GB: prefer keyspaces.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePort } from '../program/free-port.ts'
import { CASSANDRA_FILES, cassandraJars } from './cassandra-jars.ts'
import { javaFlags } from './java-flags.ts'
import { accepts, launchServer, type TestServer } from './server-process.ts'

export interface CassandraOptions {
  /** Everything it writes goes here; made when missing. One server at a time. */
  directory: string
  /**
   * Port of the CQL protocol.
   * @defaultValue a free one
   */
  port?: number
  /**
   * Whether users log in. The first role, `cassandra` with password `cassandra`, is made shortly after the server is ready:
   * repeat the first login for some seconds.
   * @defaultValue false
   */
  auth?: boolean
  /**
   * Unit: MiB.
   * @defaultValue 512
   */
  heapMiB?: number
}

/** Name of the data centre, as drivers want it. */
export const CASSANDRA_DATA_CENTER = 'datacenter1'

const READY = 'Starting listening for CQL clients'
const DEADLINE_MS = 120_000
const PORT_ATTEMPTS = 3

/** Throws ServerMissing when the machine lacks what it takes, another error when the server does not come up. */
export async function startCassandra(options: CassandraOptions): Promise<TestServer> {
  const jars = await cassandraJars()
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(jars, options, options.port ?? (await freePort()))
    } catch (error) {
      // A port that was free a moment ago may have been taken since.
      const taken = /Address already in use|BindException/.test(String(error))
      if (!taken || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

async function launch(jars: string, options: CassandraOptions, port: number): Promise<TestServer> {
  const directory = resolve(options.directory)
  const conf = join(directory, 'conf')
  mkdirSync(conf, { recursive: true })
  const values: Record<string, string> = {
    CQL_PORT: String(port),
    STORAGE_PORT: String(await freePort()),
    DATA: directory,
    AUTHENTICATOR: options.auth === true ? 'PasswordAuthenticator' : 'AllowAllAuthenticator',
    AUTHORIZER: options.auth === true ? 'CassandraAuthorizer' : 'AllowAllAuthorizer',
  }
  const template = readFileSync(join(CASSANDRA_FILES, 'cassandra.yaml.template'), 'utf8')
  const yaml = template.replace(/@([A-Z_]+)@/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`cassandra.yaml asks for ${name}`)
    return value
  })
  writeFileSync(join(conf, 'cassandra.yaml'), yaml)
  copyFileSync(join(CASSANDRA_FILES, 'logback.xml'), join(conf, 'logback.xml'))

  const agents = readdirSync(jars).filter((name) => /^jamm-.*\.jar$/.test(name))
  const properties = {
    'cassandra.config': `file://${conf}/cassandra.yaml`,
    'logback.configurationFile': join(conf, 'logback.xml'),
    'cassandra.storagedir': directory,
    'cassandra.logdir': join(directory, 'logs'),
    'cassandra-foreground': 'yes',
    'cassandra.jmx.local.port': '0',
    // One node has nobody to wait for: 8 s less.
    'cassandra.skip_wait_for_gossip_to_settle': '0',
    'cassandra.ring_delay_ms': '1',
    'cassandra.superuser_setup_delay_ms': '0',
  }
  return launchServer({
    name: 'Cassandra',
    port,
    command: 'java',
    args: [
      ...javaFlags(options.heapMiB ?? 512),
      ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
      ...agents.map((name) => `-javaagent:${join(jars, name)}`),
      ...['-cp', `${conf}:${jars}/*`, 'org.apache.cassandra.service.CassandraDaemon'],
    ],
    ready: async (server) => server.log().includes(READY) && (await accepts(port)),
    deadlineMs: DEADLINE_MS,
  })
}

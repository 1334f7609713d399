// The configuration of the services: gateway, worker, migrate. The same rules as of `penstock dev`: every problem at once, no secret
// in a message.
import { isLoopback } from './loopback.ts'
import type { Parsed } from './options.ts'
import {
  checkPorts,
  checkWindows,
  KEY_NAMES,
  readSecretFile,
  trustProxy,
  type Environment,
} from './parse-config.ts'
import { readVariables, type Values } from './read-variables.ts'
import { testOptions, type TestOptions } from './test-options.ts'
import { VARIABLES, type VariableName } from './variables.ts'

export type ServiceRole = 'gateway' | 'worker' | 'migrate'

/** Files in PEM; all null: the system's own certificates, and none to show. */
export interface TlsFiles {
  readonly ca: string | null
  readonly cert: string | null
  readonly key: string | null
}

export interface ServiceConfig {
  readonly host: string
  readonly port: number
  readonly metricsPort: number | null
  readonly trustProxy: readonly string[]
  readonly project: string
  readonly writeKey: string
  readonly readKey: string
  readonly adminKey: string
  readonly nats: {
    readonly servers: readonly string[]
    readonly user: string | null
    readonly password: string | null
    readonly tls: TlsFiles
    readonly name: string
    readonly partitions: number
    readonly replicas: number
    readonly capBytes: number
    readonly letterCapBytes: number
  }
  readonly cql: {
    readonly contactPoints: readonly string[]
    readonly dataCenter: string
    readonly keyspace: string
    readonly stateKeyspace: string
    readonly replication: number
    readonly user: string | null
    readonly password: string | null
    readonly tls: TlsFiles
  }
  readonly clickhouse: {
    readonly url: string
    readonly database: string
    readonly user: string
    readonly password: string
    readonly tls: TlsFiles
  }
  readonly questionMemoryBytes: number
  readonly leaseMs: number
  readonly clockDifferenceMs: number
  readonly hotRetentionDays: number
  readonly logLevel: string
  readonly test: TestOptions
}

const NEEDED = ['PENSTOCK_NATS_URL', 'PENSTOCK_CQL_CONTACT_POINTS', 'PENSTOCK_CLICKHOUSE_URL'] as const

export function parseServiceConfig(environment: Environment, role: ServiceRole): Parsed<ServiceConfig> {
  const { values, given, problems, warnings } = readVariables(environment, readSecretFile)
  for (const name of NEEDED) {
    if (!given.has(name)) problems.push(`${name} must be set: ${VARIABLES[name].expected}.`)
  }
  for (const store of ['NATS', 'CQL'] as const) pair(`PENSTOCK_${store}_USER`, `PENSTOCK_${store}_PASSWORD`)
  for (const store of ['NATS', 'CQL', 'CLICKHOUSE'] as const) {
    pair(`PENSTOCK_${store}_TLS_CERT`, `PENSTOCK_${store}_TLS_KEY`)
  }
  if (given.has('PENSTOCK_CLICKHOUSE_TLS_CERT') && !given.has('PENSTOCK_CLICKHOUSE_TLS_CA')) {
    problems.push('PENSTOCK_CLICKHOUSE_TLS_CERT needs PENSTOCK_CLICKHOUSE_TLS_CA besides.')
  }
  // `migrate` makes the first project. Its keys are known to everybody unless they are given, and the stores are not on this machine alone.
  if (role === 'migrate' && !onThisMachine(values)) {
    for (const name of KEY_NAMES) {
      if (values[name] !== VARIABLES[name].fallback) continue
      problems.push(`${name} must be set to a key of your own: everybody knows the default.`)
    }
  }
  const replicas = values.PENSTOCK_LOG_REPLICAS
  if (typeof replicas === 'number' && replicas % 2 === 0) {
    problems.push(
      `PENSTOCK_LOG_REPLICAS must be ${VARIABLES.PENSTOCK_LOG_REPLICAS.expected}; it is ${replicas}.`,
    )
  }
  checkPorts(values, problems)
  checkWindows(values)
  if (problems.length > 0) return { config: null, problems, warnings }
  return { config: toServiceConfig(values), problems: [], warnings }

  function pair(one: VariableName, other: VariableName): void {
    if (given.has(one) === given.has(other)) return
    problems.push(`${one} and ${other} come together: set both or none.`)
  }
}

/** Whether every store is reached by a loopback address. */
function onThisMachine(values: Values): boolean {
  const list = (name: VariableName): string[] => (values[name] as string | null)?.split(',') ?? []
  const hosts = [
    ...list('PENSTOCK_NATS_URL').map(hostOfUrl),
    ...list('PENSTOCK_CQL_CONTACT_POINTS').map((point) => hostOfUrl(`cql://${point}`)),
    ...list('PENSTOCK_CLICKHOUSE_URL').map(hostOfUrl),
  ]
  return hosts.every(isLoopback)
}

const hostOfUrl = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '')

function toServiceConfig(values: Values): ServiceConfig {
  const text = (name: VariableName): string | null => values[name] as string | null
  const number = (name: VariableName): number => values[name] as number
  const list = (name: VariableName): string[] => (text(name) as string).split(',')
  const tls = (store: 'NATS' | 'CQL' | 'CLICKHOUSE'): TlsFiles => ({
    ca: text(`PENSTOCK_${store}_TLS_CA`),
    cert: text(`PENSTOCK_${store}_TLS_CERT`),
    key: text(`PENSTOCK_${store}_TLS_KEY`),
  })
  const keyspace = text('PENSTOCK_CQL_KEYSPACE') as string
  return Object.freeze({
    host: text('PENSTOCK_HOST') as string,
    port: number('PENSTOCK_PORT'),
    metricsPort: values.PENSTOCK_METRICS_PORT as number | null,
    trustProxy: trustProxy(values),
    project: text('PENSTOCK_PROJECT') as string,
    writeKey: text('PENSTOCK_WRITE_KEY') as string,
    readKey: text('PENSTOCK_READ_KEY') as string,
    adminKey: text('PENSTOCK_ADMIN_KEY') as string,
    nats: {
      servers: list('PENSTOCK_NATS_URL'),
      user: text('PENSTOCK_NATS_USER'),
      password: text('PENSTOCK_NATS_PASSWORD'),
      tls: tls('NATS'),
      name: text('PENSTOCK_LOG_NAME') as string,
      partitions: number('PENSTOCK_PARTITIONS'),
      replicas: number('PENSTOCK_LOG_REPLICAS'),
      capBytes: number('PENSTOCK_LOG_CAP_BYTES'),
      letterCapBytes: number('PENSTOCK_LETTER_CAP_BYTES'),
    },
    cql: {
      contactPoints: list('PENSTOCK_CQL_CONTACT_POINTS'),
      dataCenter: text('PENSTOCK_CQL_DATACENTER') as string,
      keyspace,
      stateKeyspace: `${keyspace}_state`,
      replication: number('PENSTOCK_CQL_REPLICATION'),
      user: text('PENSTOCK_CQL_USER'),
      password: text('PENSTOCK_CQL_PASSWORD'),
      tls: tls('CQL'),
    },
    clickhouse: {
      url: text('PENSTOCK_CLICKHOUSE_URL') as string,
      database: text('PENSTOCK_CLICKHOUSE_DATABASE') as string,
      user: text('PENSTOCK_CLICKHOUSE_USER') as string,
      password: text('PENSTOCK_CLICKHOUSE_PASSWORD') ?? '',
      tls: tls('CLICKHOUSE'),
    },
    questionMemoryBytes: number('PENSTOCK_QUESTION_MEMORY_BYTES'),
    leaseMs: number('PENSTOCK_LEASE_MS'),
    clockDifferenceMs: number('PENSTOCK_CLOCK_DIFFERENCE_MS'),
    hotRetentionDays: number('PENSTOCK_HOT_RETENTION_DAYS'),
    logLevel: text('PENSTOCK_LOG_LEVEL') as string,
    test: testOptions(values),
  })
}

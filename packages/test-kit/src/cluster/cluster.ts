// The services of a small installation on stores that are there: gateways behind a balancer, workers, and one process that answers. Driven
// from outside only: command line, environment, HTTP, signals.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { builtProgram } from '../program/built-program.ts'
import { createApiClient, DEV_KEYS, type ApiClient } from '../program/api-client.ts'
import { startBalancer } from './balancer.ts'
import { createService, type ServiceKind, type ServiceProcess } from './service-process.ts'

export interface ClusterOptions {
  /** Of every service: where the stores are, and whatever a test wants. */
  env: Readonly<Record<string, string>>
  /** Of services of one kind, counted from 0, and of commands as `migrate`. */
  envOf: (kind: ServiceKind | 'migrate', index: number) => Readonly<Record<string, string>>
  /** Keeps installations on the same stores apart: lower-case letters and digits. */
  name: string
  gateways: number
  workers: number
  /** Where to keep what each service prints, as `<kind>-<index>.log`. */
  logDirectory?: string
}

export interface Cluster {
  readonly env: Readonly<Record<string, string>>
  readonly gateways: readonly ServiceProcess[]
  readonly workers: readonly ServiceProcess[]
  readonly answers: ServiceProcess
  /** Sends through the balancer, asks `answers`. */
  readonly api: ApiClient
  /** Of the balancer. */
  readonly url: string
  all(): readonly ServiceProcess[]
  /** One more, not started, and not one of `all`. */
  service(kind: ServiceKind): Promise<ServiceProcess>
  /** `penstock ARGS…` with the cluster's environment. Rejects, with what it printed, when it fails. */
  command(...args: string[]): Promise<{ stdout: string; stderr: string }>
  start(): Promise<void>
  /** Kills what runs. */
  close(): Promise<void>
}

export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  const env = {
    PENSTOCK_LOG_NAME: options.name,
    PENSTOCK_CQL_KEYSPACE: options.name,
    PENSTOCK_CLICKHOUSE_DATABASE: options.name,
    PENSTOCK_LOG_LEVEL: 'info',
    ...options.env,
  }
  const service = (kind: ServiceKind, index = 0): Promise<ServiceProcess> =>
    createService(
      kind,
      { ...env, ...options.envOf(kind, index) },
      options.logDirectory && join(options.logDirectory, `${kind}-${index}.log`),
    )
  const several = (kind: 'ingest' | 'worker', count: number) =>
    Promise.all(Array.from({ length: count }, (_, index) => service(kind, index)))
  const [gateways, workers, answers] = await Promise.all([
    several('ingest', options.gateways),
    several('worker', options.workers),
    service('answers'),
  ])
  const all = [...gateways, ...workers, answers]
  const balancer = await startBalancer(gateways.map(({ port }) => port))
  const api = createApiClient({ url: balancer.url, answersUrl: answers.url, ...DEV_KEYS })

  async function command(...args: string[]): Promise<{ stdout: string; stderr: string }> {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PENSTOCK_'))
    return promisify(execFile)(process.execPath, [builtProgram(), ...args], {
      env: {
        ...Object.fromEntries(inherited),
        ...env,
        ...options.envOf('migrate', 0),
        PENSTOCK_PORT: String(answers.port),
      },
      timeout: 180_000,
    })
  }

  return {
    env,
    gateways,
    workers,
    answers,
    api,
    url: balancer.url,
    all: () => all,
    service: (kind) => service(kind),
    command,
    async start() {
      await command('migrate')
      await Promise.all(all.map((service) => service.startReady()))
    },
    async close() {
      await Promise.all(all.map((service) => service.kill()))
      await api.close().catch(() => undefined)
      await balancer.close()
    },
  }
}

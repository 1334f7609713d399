// Turns an environment into the checked configuration of `penstock dev`. Reports every problem at once, each with what is expected;
// secrets never appear in a message. The one reader of `process.env` is environment.ts.
import { readFileSync } from 'node:fs'
import { LIMITS, REGISTRY_WINDOW_MS } from '@penstock/contract'
import { isLoopback } from './loopback.ts'
import type { ParsedConfig } from './options.ts'
import { readVariables, type Environment, type Values } from './read-variables.ts'
import { testOptions } from './test-options.ts'
import { VARIABLES } from './variables.ts'

export type { Environment } from './read-variables.ts'

export const KEY_NAMES = ['PENSTOCK_WRITE_KEY', 'PENSTOCK_READ_KEY', 'PENSTOCK_ADMIN_KEY'] as const
const DAY_MS = 86_400_000

/** An empty value is as if the variable were not set. */
export function parseConfig(environment: Environment): ParsedConfig {
  const { values, problems, warnings } = readVariables(environment, readSecretFile)
  const host = values.PENSTOCK_HOST
  if (typeof host === 'string' && !isLoopback(host)) {
    for (const name of KEY_NAMES) {
      if (values[name] !== VARIABLES[name].fallback) continue
      problems.push(
        `${name} must be set to a key of your own when PENSTOCK_HOST (${host}) is not a loopback address: everybody knows the default.`,
      )
    }
  }
  checkPorts(values, problems)
  checkWindows(values)
  if (problems.length > 0) return { config: null, problems, warnings }
  const config = Object.freeze({
    host: values.PENSTOCK_HOST as string,
    port: values.PENSTOCK_PORT as number,
    dataDir: values.PENSTOCK_DATA_DIR as string,
    project: values.PENSTOCK_PROJECT as string,
    writeKey: values.PENSTOCK_WRITE_KEY as string,
    readKey: values.PENSTOCK_READ_KEY as string,
    adminKey: values.PENSTOCK_ADMIN_KEY as string,
    metricsPort: values.PENSTOCK_METRICS_PORT as number | null,
    trustProxy: trustProxy(values),
    logCapBytes: values.PENSTOCK_LOG_CAP_BYTES as number,
    hotRetentionDays: values.PENSTOCK_HOT_RETENTION_DAYS as number,
    logLevel: values.PENSTOCK_LOG_LEVEL as string,
    test: testOptions(values),
  })
  return { config, problems: [], warnings }
}

export const readSecretFile = (path: string): string => readFileSync(path, 'utf8')

export const trustProxy = (values: Values): string[] =>
  (values.PENSTOCK_TRUST_PROXY as string | null)?.split(',') ?? []

export function checkPorts(values: Values, problems: string[]): void {
  const { PENSTOCK_PORT: port, PENSTOCK_METRICS_PORT: metricsPort } = values
  if (metricsPort !== null && metricsPort !== 0 && metricsPort === port) {
    problems.push(`PENSTOCK_METRICS_PORT must be another port than PENSTOCK_PORT (${port}).`)
  }
}

/** The rule that makes late copies harmless. Its first half is constants, its second the schema's minimum. */
export function checkWindows({ PENSTOCK_HOT_RETENTION_DAYS: days }: Values): void {
  if (typeof days !== 'number') return
  if (LIMITS.maxEventAgeMs < REGISTRY_WINDOW_MS && REGISTRY_WINDOW_MS <= days * DAY_MS) return
  throw new Error('acceptance window < registry window <= hot retention does not hold')
}

// Turns an environment into a checked configuration. Reports every problem at once, each with what is expected; secrets
// never appear in a message. A pure function of its argument: the one reader of `process.env` is environment.ts.
import { LIMITS, REGISTRY_WINDOW_MS } from '@penstock/contract'
import type { FailpointName } from '@penstock/pipeline'
import { Value } from 'typebox/value'
import { isLoopback } from './loopback.ts'
import { nearestName } from './nearest-name.ts'
import type { Config, ParsedConfig, SafetyLayer } from './options.ts'
import { VARIABLES, type Variable, type VariableName } from './variables.ts'

const NAMES = Object.keys(VARIABLES) as VariableName[]
const KEY_NAMES = ['PENSTOCK_WRITE_KEY', 'PENSTOCK_READ_KEY', 'PENSTOCK_ADMIN_KEY'] as const
const DAY_MS = 86_400_000

// What Kubernetes puts beside a service of our name, or of one that begins with it.
const INJECTED_NAME = /^PENSTOCK(_[A-Z0-9]+)*_(SERVICE_(HOST|PORT)(_.*)?|PORT_\d+_(TCP|UDP|SCTP)(_.*)?)$/
const INJECTED_PORT = /^(tcp|udp|sctp):\/\//

/** Environment as read: names to texts. */
export type Environment = Readonly<Record<string, string | undefined>>

/** An empty value is as if the variable were not set. */
export function parseConfig(environment: Environment): ParsedConfig {
  const problems: string[] = []
  const given = new Map<string, string>()
  const warnings: string[] = []
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('PENSTOCK_') || text === undefined || text === '' || isInjected(name, text)) continue
    if (Object.hasOwn(VARIABLES, name)) given.set(name, text)
    else warnings.push(unknownName(name))
  }
  const values = Object.fromEntries(
    NAMES.map((name) => [name, readValue(name, given.get(name), problems)]),
  ) as Record<VariableName, string | number | null>
  checkTogether(values, given, problems)
  return problems.length > 0
    ? { config: null, problems, warnings }
    : { config: toConfig(values), problems: [], warnings }
}

function readValue(name: VariableName, text: string | undefined, problems: string[]): string | number | null {
  const variable: Variable = VARIABLES[name]
  const source = text ?? variable.fallback
  if (source === null) return null
  const value = 'type' in variable.schema && variable.schema.type === 'integer' ? toInteger(source) : source
  if (Value.Check(variable.schema, value)) return value
  const got =
    variable.secret === true ? `a text of ${source.length} characters` : JSON.stringify(source.slice(0, 80))
  problems.push(`${name} must be ${variable.expected}; it is ${got}.`)
  return null
}

// Digits only: Number would also take "", "1e3" and "0x10".
const toInteger = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : Number.NaN)

function checkTogether(
  values: Record<VariableName, string | number | null>,
  given: ReadonlyMap<string, string>,
  problems: string[],
): void {
  const host = values.PENSTOCK_HOST
  if (typeof host === 'string' && !isLoopback(host)) {
    for (const name of KEY_NAMES) {
      if (values[name] !== VARIABLES[name].fallback) continue
      problems.push(
        `${name} must be set to a key of your own when PENSTOCK_HOST (${host}) is not a loopback address: everybody knows the default.`,
      )
    }
  }
  for (const name of NAMES) {
    const variable: Variable = VARIABLES[name]
    if (variable.test === true && given.has(name) && values.PENSTOCK_TEST !== '1') {
      problems.push(`${name} is for tests and needs PENSTOCK_TEST=1; unset it.`)
    }
  }
  const { PENSTOCK_PORT: port, PENSTOCK_METRICS_PORT: metricsPort } = values
  if (metricsPort !== null && metricsPort !== 0 && metricsPort === port) {
    problems.push(`PENSTOCK_METRICS_PORT must be another port than PENSTOCK_PORT (${port}).`)
  }
  const days = values.PENSTOCK_HOT_RETENTION_DAYS
  if (typeof days === 'number') assertWindows(days * DAY_MS)
}

/** The rule that makes late copies harmless. Its first half is constants, its second the schema's minimum. */
function assertWindows(hotRetentionMs: number): void {
  if (LIMITS.maxEventAgeMs < REGISTRY_WINDOW_MS && REGISTRY_WINDOW_MS <= hotRetentionMs) return
  throw new Error('acceptance window < registry window <= hot retention does not hold')
}

function toConfig(values: Record<VariableName, string | number | null>): Config {
  const failpoint = values.PENSTOCK_TEST_FAILPOINT as string | null
  const [name, hit = '1'] = failpoint?.split('@') ?? []
  return Object.freeze({
    host: values.PENSTOCK_HOST as string,
    port: values.PENSTOCK_PORT as number,
    dataDir: values.PENSTOCK_DATA_DIR as string,
    project: values.PENSTOCK_PROJECT as string,
    writeKey: values.PENSTOCK_WRITE_KEY as string,
    readKey: values.PENSTOCK_READ_KEY as string,
    adminKey: values.PENSTOCK_ADMIN_KEY as string,
    metricsPort: values.PENSTOCK_METRICS_PORT as number | null,
    trustProxy: (values.PENSTOCK_TRUST_PROXY as string | null)?.split(',') ?? [],
    logCapBytes: values.PENSTOCK_LOG_CAP_BYTES as number,
    hotRetentionDays: values.PENSTOCK_HOT_RETENTION_DAYS as number,
    logLevel: values.PENSTOCK_LOG_LEVEL as string,
    test: Object.freeze({
      failpoint: name === undefined ? null : { name: name as FailpointName, hit: Number(hit) },
      unsafe: values.PENSTOCK_TEST_UNSAFE as SafetyLayer | null,
      worker: values.PENSTOCK_TEST_WORKER !== 'off',
    }),
  })
}

function isInjected(name: string, text: string): boolean {
  return INJECTED_NAME.test(name) || (name.endsWith('_PORT') && INJECTED_PORT.test(text))
}

function unknownName(name: string): string {
  const nearest = nearestName(name, NAMES)
  const hint = nearest === null ? 'docs/configuration.md lists all of them' : `did you mean ${nearest}?`
  return `${name} is not a variable of Penstock and is ignored; ${hint}`
}

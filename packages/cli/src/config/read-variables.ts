// Reads variables out of an environment: each checked against its schema, everything that is wrong collected, secrets in no message.
import { Value } from 'typebox/value'
import { nearestName } from './nearest-name.ts'
import type { Variable } from './variable.ts'
import { VARIABLES, type VariableName } from './variables.ts'

/** Environment as read: names to texts. */
export type Environment = Readonly<Record<string, string | undefined>>

export type Values = Record<VariableName, string | number | null>

export interface ReadVariables {
  values: Values
  /** Names that were set. */
  given: ReadonlySet<VariableName>
  problems: string[]
  warnings: string[]
}

const NAMES = Object.keys(VARIABLES) as VariableName[]
const FILE = '_FILE'

// What Kubernetes puts beside a service of our name, or of one that begins with it.
const INJECTED_NAME = /^PENSTOCK(_[A-Z0-9]+)*_(SERVICE_(HOST|PORT)(_.*)?|PORT_\d+_(TCP|UDP|SCTP)(_.*)?)$/
const INJECTED_PORT = /^(tcp|udp|sctp):\/\//

/**
 * An empty value is as if the variable were not set.
 * @param readSecret - the text of a file that a `…_FILE` variable names; throws when it cannot be read.
 */
export function readVariables(environment: Environment, readSecret: (path: string) => string): ReadVariables {
  const texts = new Map<VariableName, string>()
  const problems: string[] = []
  const warnings: string[] = []
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('PENSTOCK_') || text === undefined || text === '' || isInjected(name, text)) continue
    const secret = secretOfFile(name)
    if (Object.hasOwn(VARIABLES, name)) texts.set(name as VariableName, text)
    else if (secret === null) warnings.push(unknownName(name))
    else if ((environment[secret] ?? '') !== '') problems.push(`Set ${secret} or ${name}, not both.`)
    else {
      try {
        texts.set(secret, readSecret(text).trim())
      } catch (error) {
        const { code = 'error' } = error as NodeJS.ErrnoException
        problems.push(`${name} must name a file that can be read; ${JSON.stringify(text)} cannot (${code}).`)
      }
    }
  }
  const values = Object.fromEntries(
    NAMES.map((name) => [name, readValue(name, texts.get(name), problems)]),
  ) as Values
  for (const name of NAMES) {
    const variable: Variable = VARIABLES[name]
    if (variable.test === true && texts.has(name) && values.PENSTOCK_TEST !== '1') {
      problems.push(`${name} is for tests and needs PENSTOCK_TEST=1; unset it.`)
    }
  }
  return { values, given: new Set(texts.keys()), problems, warnings }
}

/** The secret whose file the variable names, or null. */
function secretOfFile(name: string): VariableName | null {
  const base = name.endsWith(FILE) ? name.slice(0, -FILE.length) : ''
  if (!Object.hasOwn(VARIABLES, base)) return null
  const variable: Variable = VARIABLES[base as VariableName]
  return variable.secret === true ? (base as VariableName) : null
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

function isInjected(name: string, text: string): boolean {
  return INJECTED_NAME.test(name) || (name.endsWith('_PORT') && INJECTED_PORT.test(text))
}

function unknownName(name: string): string {
  const nearest = nearestName(name, NAMES)
  const hint = nearest === null ? 'docs/configuration.md lists all of them' : `did you mean ${nearest}?`
  return `${name} is not a variable of Penstock and is ignored; ${hint}`
}

// What each secret's value is from now on: given by the environment, else as it was, else made. Nothing is written here.
import type { Environment } from '../config/parse-config.ts'
import { GIVEN, GIVEN_SAYS, newSecret, SECRETS, variableOf } from './secret-list.ts'

export interface Decided {
  values: ReadonlyMap<string, string>
  /** Names whose value is another one than before. */
  changed: readonly string[]
}

export interface SecretSources {
  environment: Environment
  /** null: there is none yet. */
  stored: (name: string) => string | null
  /** Names that get a new value although they have one. */
  rotate: readonly string[]
  random: (bytes: number) => Buffer
}

/** Problems are sentences without the secrets in them; with any, nothing was decided. */
export function decideSecrets(sources: SecretSources): Decided | { problems: readonly string[] } {
  const problems = sources.rotate
    .filter((name) => SECRETS.every((rule) => rule.name !== name))
    .map((name) => `${name} is no secret; there are ${SECRETS.map((rule) => rule.name).join(', ')}.`)
  const values = new Map<string, string>()
  const changed: string[] = []
  for (const rule of SECRETS) {
    const variable = variableOf(rule.name)
    const given = sources.environment[variable]
    const before = sources.stored(rule.name)
    const rotated = sources.rotate.includes(rule.name)
    if (given !== undefined && given !== '') {
      if (!GIVEN.test(given) || !given.startsWith(rule.prefix)) problems.push(wrong(variable, rule.prefix))
      if (rotated) problems.push(`${rule.name} comes from ${variable}: change it there to rotate it.`)
      values.set(rule.name, given)
    } else values.set(rule.name, before === null || rotated ? newSecret(rule, sources.random) : before)
    if (values.get(rule.name) !== before) changed.push(rule.name)
  }
  return problems.length > 0 ? { problems } : { values, changed }
}

function wrong(variable: string, prefix: string): string {
  const begins = prefix === '' ? '' : `, beginning with ${prefix}`
  return `${variable} must be ${GIVEN_SAYS}${begins}.`
}

// What the program says about its own configuration, secrets masked.
import type { Config } from './options.ts'

const SECRETS: readonly (keyof Config)[] = ['writeKey', 'readKey', 'adminKey']

/** The configuration as it may be printed or logged. */
export function maskedConfig(config: Config): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      SECRETS.includes(name as keyof Config) ? maskKey(value as string) : (value as unknown),
    ]),
  )
}

/** `pk_a…` of `pk_abcdef`: enough to tell two keys apart, too little to use one. */
export function maskKey(key: string): string {
  return `${key.slice(0, 4)}…`
}

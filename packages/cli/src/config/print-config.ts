// What the program says about its own configuration, secrets masked.

const KEYS = new Set(['writeKey', 'readKey', 'adminKey'])
const PASSWORDS = new Set(['password'])

/** The configuration as it may be printed or logged. */
export function maskedConfig(config: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, masked(name, value)]))
}

function masked(name: string, value: unknown): unknown {
  if (typeof value === 'string' && KEYS.has(name)) return maskKey(value)
  // Not even its beginning: a password has no part that only names it.
  if (typeof value === 'string' && PASSWORDS.has(name)) return value === '' ? '' : '…'
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value
  return maskedConfig(value)
}

/** `pk_a…` of `pk_abcdef`: enough to tell two keys apart, too little to use one. */
export function maskKey(key: string): string {
  return `${key.slice(0, 4)}…`
}

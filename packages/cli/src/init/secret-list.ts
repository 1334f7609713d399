// Every secret of an installation, once: its name, how it looks, who gets it as a file. Values are letters, digits, _ and -
// only, so that they can stand in any configuration file without quoting.

export interface SecretRule {
  name: string
  /** Put in front of a generated value; what is given must begin with it, too. */
  prefix: string
  /** API keys are for people: they are printed when they are made. */
  shown?: true
}

const RANDOM_BYTES = 32
export const GIVEN = /^[A-Za-z0-9_-]{16,200}$/
export const GIVEN_SAYS = '16 to 200 letters, digits, _ or -'

export const SECRETS: readonly SecretRule[] = [
  { name: 'write_key', prefix: 'pk_', shown: true },
  { name: 'read_key', prefix: 'rk_', shown: true },
  { name: 'admin_key', prefix: 'ak_', shown: true },
  { name: 'grafana_password', prefix: '', shown: true },
  ...['migrate', 'gateway', 'answers', 'worker'].flatMap((role) => [
    { name: `nats_${role}_password`, prefix: '' },
    { name: `cql_${role}_password`, prefix: '' },
    { name: `clickhouse_${role}_password`, prefix: '' },
  ]),
  { name: 'cql_superuser_password', prefix: '' },
]

const API_KEYS = ['write_key', 'read_key', 'admin_key']
const storePasswords = (role: string) =>
  ['nats', 'cql', 'clickhouse'].map((store) => `${store}_${role}_password`)

/** Directory → secrets that stand in it as files of their own. Nobody gets what it does not use. */
export const AUDIENCES: Readonly<Record<string, readonly string[]>> = {
  migrate: [...storePasswords('migrate'), ...API_KEYS],
  gateway: storePasswords('gateway'),
  answers: storePasswords('answers'),
  worker: storePasswords('worker'),
  grafana: ['grafana_password'],
}

/** The environment variable that gives a secret its value. */
export const variableOf = (name: string): string => `PENSTOCK_${name.toUpperCase()}`

/** 256 bits. */
export const newSecret = (rule: SecretRule, random: (bytes: number) => Buffer): string =>
  rule.prefix + random(RANDOM_BYTES).toString('base64url')

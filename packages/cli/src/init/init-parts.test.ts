import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decideSecrets, type Decided, type SecretSources } from './decide-secrets.ts'
import { renderTemplate } from './render-template.ts'
import { AUDIENCES, SECRETS, variableOf } from './secret-list.ts'

const names = SECRETS.map(({ name }) => name)
let drawn = 0
const sources = (given: Partial<SecretSources> = {}): SecretSources => ({
  environment: {},
  stored: () => null,
  rotate: [],
  random: (bytes) => createHash('sha512').update(String(drawn++)).digest().subarray(0, bytes),
  ...given,
})
const decided = (given: Partial<SecretSources> = {}): Decided => {
  const result = decideSecrets(sources(given))
  if ('problems' in result) throw new Error(result.problems.join('\n'))
  return result
}
const problems = (given: Partial<SecretSources>): readonly string[] => {
  const result = decideSecrets(sources(given))
  return 'problems' in result ? result.problems : []
}

describe('decideSecrets', () => {
  it('makes every secret once, each another one, 256 bits long and safe to stand in any file', () => {
    const { values, changed } = decided()
    expect(changed).toEqual(names)
    expect(new Set(values.values()).size).toBe(names.length)
    for (const value of values.values()) expect(value).toMatch(/^(pk_|rk_|ak_)?[A-Za-z0-9_-]{43}$/)
  })

  it('keeps what is there and makes only what is missing', () => {
    const { values, changed } = decided({ stored: (name) => (name === 'read_key' ? null : `old_${name}`) })
    expect(changed).toEqual(['read_key'])
    expect(values.get('admin_key')).toBe('old_admin_key')
  })

  it('takes a value from the environment, and keeps it when the variable goes away', () => {
    const key = 'ak_0123456789abcdef'
    const first = decided({ environment: { PENSTOCK_ADMIN_KEY: key } })
    expect(first.values.get('admin_key')).toBe(key)
    const later = decided({
      environment: { PENSTOCK_ADMIN_KEY: '' },
      stored: (name) => first.values.get(name)!,
    })
    expect(later.changed).toEqual([])
    expect(later.values.get('admin_key')).toBe(key)
  })

  it('gives a new value to what is rotated and to nothing else', () => {
    const { values, changed } = decided({ stored: (name) => `old_${name}`, rotate: ['cql_worker_password'] })
    expect(changed).toEqual(['cql_worker_password'])
    expect(values.get('cql_worker_password')).not.toContain('old')
  })

  it('names everything that is wrong at once, without showing a secret', () => {
    const said = problems({
      environment: {
        PENSTOCK_WRITE_KEY: 'rk_0123456789abcdef',
        PENSTOCK_NATS_WORKER_PASSWORD: 'has a space and more',
        PENSTOCK_READ_KEY: 'rk_0123456789abcdef',
      },
      rotate: ['read_key', 'nothing'],
    })
    expect(said).toHaveLength(4)
    expect(said.join(' ')).toMatch(
      /nothing is no secret.*PENSTOCK_WRITE_KEY must be .* beginning with pk_.*read_key comes from PENSTOCK_READ_KEY.*PENSTOCK_NATS_WORKER_PASSWORD/,
    )
    expect(said.join(' ')).not.toMatch(/0123456789|space and/)
  })

  it('refuses a password that is short enough to be guessed', () => {
    expect(problems({ environment: { PENSTOCK_CQL_WORKER_PASSWORD: 'hunter2' } })).toHaveLength(1)
  })
})

describe('secrets', () => {
  it('go to services that exist, and no service gets the password of another', () => {
    for (const [audience, listed] of Object.entries(AUDIENCES)) {
      expect(names).toEqual(expect.arrayContaining([...listed]))
      for (const name of listed.filter((one) => one.endsWith('_password') && audience !== 'grafana')) {
        expect(name).toContain(`_${audience}_`)
      }
    }
  })

  it('have variables of their own', () => {
    expect(new Set(names.map(variableOf)).size).toBe(names.length)
  })
})

describe('renderTemplate', () => {
  const values = new Map([['a_key', 'secret-1']])

  it('fills in secrets and their hashes', () => {
    const hash = createHash('sha256').update('secret-1').digest('hex')
    expect(renderTemplate('x={{a_key}};y={{sha256 a_key}};z={not}', values)).toBe(
      `x=secret-1;y=${hash};z={not}`,
    )
  })

  it('refuses a secret that nobody has, and what only looks like a place', () => {
    expect(() => renderTemplate('{{b_key}}', values)).toThrow('{{b_key}} names no secret')
    expect(() => renderTemplate('{{ a_key }}', values)).toThrow('cannot be filled in')
    expect(() => renderTemplate('{{md5 a_key}}', values)).toThrow('cannot be filled in')
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { maskedConfig } from './print-config.ts'
import { parseServiceConfig } from './service-config.ts'

const STORES = {
  PENSTOCK_NATS_URL: 'nats://127.0.0.1:4222,nats://127.0.0.1:4223',
  PENSTOCK_CQL_CONTACT_POINTS: '127.0.0.1:9042',
  PENSTOCK_CLICKHOUSE_URL: 'http://127.0.0.1:8123',
}
const problemsOf = (
  environment: Record<string, string>,
  role: 'gateway' | 'worker' | 'migrate' = 'gateway',
) => parseServiceConfig(environment, role).problems
const directory = mkdtempSync(join(tmpdir(), 'penstock-config-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('parseServiceConfig', () => {
  it('needs to know where the stores are, and says it of all of them', () => {
    expect(problemsOf({})).toHaveLength(3)
    expect(problemsOf({}).join('\n')).toContain('PENSTOCK_NATS_URL must be set: one or more nats://')
    expect(problemsOf(STORES)).toEqual([])
  })

  it('fills the defaults', () => {
    const { config } = parseServiceConfig(STORES, 'worker')
    expect(config).toMatchObject({
      leaseMs: 6000,
      clockDifferenceMs: 1000,
      nats: {
        servers: ['nats://127.0.0.1:4222', 'nats://127.0.0.1:4223'],
        name: 'penstock',
        partitions: 4,
        replicas: 1,
      },
      cql: { contactPoints: ['127.0.0.1:9042'], keyspace: 'penstock', stateKeyspace: 'penstock_state' },
      clickhouse: { database: 'penstock', user: 'default', password: '' },
    })
  })

  it('takes a secret from a file, refuses two sources and a file that is not there', () => {
    const file = join(directory, 'password')
    writeFileSync(file, 'secret-in-a-file\n')
    const environment = { ...STORES, PENSTOCK_CQL_USER: 'u', PENSTOCK_CQL_PASSWORD_FILE: file }
    const { config } = parseServiceConfig(environment, 'worker')
    expect(config?.cql.password).toBe('secret-in-a-file')
    expect(JSON.stringify(maskedConfig(config!))).not.toContain('secret')
    expect(problemsOf({ ...environment, PENSTOCK_CQL_PASSWORD: 'x' })).toEqual([
      'Set PENSTOCK_CQL_PASSWORD or PENSTOCK_CQL_PASSWORD_FILE, not both.',
    ])
    expect(problemsOf({ ...environment, PENSTOCK_CQL_PASSWORD_FILE: `${file}-not` })[0]).toContain('(ENOENT)')
    // A file for what is no secret is a mistake worth a word.
    expect(parseServiceConfig({ ...STORES, PENSTOCK_PORT_FILE: file }, 'worker').warnings[0]).toContain(
      'PENSTOCK_PORT_FILE is not a variable',
    )
  })

  it('wants users and passwords, certificates and keys in pairs', () => {
    expect(problemsOf({ ...STORES, PENSTOCK_NATS_USER: 'u' })).toHaveLength(1)
    expect(problemsOf({ ...STORES, PENSTOCK_CQL_PASSWORD: 'p' })).toHaveLength(1)
    expect(problemsOf({ ...STORES, PENSTOCK_NATS_TLS_CERT: 'c' })).toHaveLength(1)
    expect(problemsOf({ ...STORES, PENSTOCK_LOG_REPLICAS: '2' })).toHaveLength(1)
  })

  it('makes a first project with known keys on this machine only', () => {
    expect(problemsOf(STORES, 'migrate')).toEqual([])
    const elsewhere = { ...STORES, PENSTOCK_CQL_CONTACT_POINTS: 'scylla' }
    expect(problemsOf(elsewhere, 'migrate')).toHaveLength(3)
    expect(problemsOf(elsewhere, 'gateway')).toEqual([])
    const keys = { PENSTOCK_WRITE_KEY: 'pk_own', PENSTOCK_READ_KEY: 'rk_own', PENSTOCK_ADMIN_KEY: 'ak_own' }
    expect(problemsOf({ ...elsewhere, ...keys }, 'migrate')).toEqual([])
  })
})

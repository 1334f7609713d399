import { describe, expect, it } from 'vitest'
import { readFile, listFiles } from './files.ts'

describe('ClickHouse configuration', () => {
  const users = readFile('deploy/clickhouse/users.xml.template')
  const logs = readFile('deploy/clickhouse/config.d/system-logs.xml')

  it('keeps no table about itself for ever', () => {
    const kept = [...logs.matchAll(/<(\w+_log)>([\s\S]*?)<\/\1>/g)]
    expect(kept.length).toBeGreaterThan(3)
    for (const [, name, body] of kept)
      expect(body, name).toMatch(/<ttl>event_date \+ INTERVAL \d+ DAY DELETE<\/ttl>/)
  })

  it('has no user without a hashed password of this installation, and nobody who reads outside the tables', () => {
    const named = [
      ...users.matchAll(/<(penstock_\w+)>\s*<password_sha256_hex>\{\{sha256 clickhouse_(\w+)_password\}\}</g),
    ]
    expect(named.map(([, user]) => user)).toEqual([
      'penstock_migrate',
      'penstock_worker',
      'penstock_answers',
      'penstock_gateway',
    ])
    for (const [, user, role] of named) expect(user).toBe(`penstock_${role!}`)
    expect(users).toContain('<default remove="remove"/>')
    for (const [, grant] of users.matchAll(/<query>(.*?)<\/query>/g)) {
      expect(grant).not.toMatch(/SOURCES|FILE|URL|S3|ALL |ACCESS MANAGEMENT|WITH GRANT/)
    }
  })

  it('lets questions read, within limits, and nothing else', () => {
    const profile =
      /<profiles>[\s\S]*<penstock_answers>([\s\S]*?)<\/penstock_answers>[\s\S]*<\/profiles>/.exec(
        users,
      )?.[1] ?? ''
    expect(profile).toContain('<readonly>1</readonly>')
    for (const limit of ['max_execution_time', 'max_memory_usage']) {
      expect(profile).toMatch(new RegExp(`<${limit}>[1-9]\\d*</${limit}>`))
      expect(profile).toMatch(
        new RegExp(`<${limit}><changeable_in_readonly/><min>1</min><max>[1-9]\\d*</max></${limit}>`),
      )
    }
    const answers = /<users>[\s\S]*<penstock_answers>([\s\S]*?)<\/penstock_answers>/.exec(users)?.[1] ?? ''
    expect([...answers.matchAll(/<query>(.*?)<\/query>/g)].map(([, grant]) => grant)).toEqual([
      'GRANT SELECT, dictGet ON penstock.*',
    ])
  })

  it('is merged from files that exist', () => {
    expect(listFiles('deploy/clickhouse/config.d')).toEqual(['penstock.xml', 'system-logs.xml'])
  })
})

describe('NATS configuration', () => {
  const main = readFile('deploy/nats/nats.conf')
  const users = readFile('deploy/nats/users.conf.template')

  it('syncs before it acknowledges, and bounds its disk', () => {
    expect(main).toMatch(/^ {2}sync_interval: always$/m)
    expect(main).toMatch(/^ {2}max_file_store: \d+GB$/m)
  })

  it('gives every role a password and permissions of its own', () => {
    const roles = [...users.matchAll(/user: (\w+), password: "\{\{nats_(\w+)_password\}\}"/g)]
    expect(roles.map(([, user]) => user).sort()).toEqual(['answers', 'gateway', 'migrate', 'worker'])
    for (const [, user, secret] of roles) expect(user).toBe(secret)
    expect(users.match(/permissions:/g)).toHaveLength(roles.length)
    expect(users).not.toMatch(/publish: *(">"|\[ *">" *\])/)
  })
})

describe('ScyllaDB', () => {
  it('syncs its commit log before it acknowledges, and lets nobody in without a role', () => {
    const compose = readFile('docker-compose.yml')
    for (const flag of [
      '--commitlog-sync=batch',
      '--authenticator=PasswordAuthenticator',
      '--authorizer=CassandraAuthorizer',
    ]) {
      expect(compose).toContain(flag)
    }
    expect(readFile('deploy/scylla/roles.sh')).toContain('DROP ROLE IF EXISTS cassandra')
  })

  it('lets gateways write nothing, and nobody but the migration make tables', () => {
    const grants = readFile('deploy/scylla/grants.cql')
    expect(grants).not.toMatch(/GRANT (ALL|CREATE|ALTER|DROP|AUTHORIZE|MODIFY .* TO penstock_gateway)/)
    expect(readFile('deploy/scylla/roles.cql.template').match(/^GRANT .*$/gm)).toEqual([
      'GRANT CREATE ON ALL KEYSPACES TO penstock_migrate;',
    ])
  })
})

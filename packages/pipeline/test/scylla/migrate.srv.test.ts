import { serverSuite } from '@penstock/test-kit/server-suite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrateScylla, openScylla } from '../../src/scylla/index.ts'
import { CQL_MIGRATIONS } from '../../src/scylla/migrations.ts'
import { createSchema, REPLICATION, type TestSchema } from './schema.ts'

await serverSuite('cassandra', (server) => {
  let schema: TestSchema
  beforeAll(async () => {
    schema = await createSchema(server, 'migrate')
  })
  afterAll(() => schema.drop())

  const record = () => `${schema.options.stateKeyspace}.schema_migrations`

  it('may run again, also when its record was lost in the middle', async () => {
    await migrateScylla({ ...schema.options, replication: REPLICATION })
    await schema.client.execute(`DELETE FROM ${record()} WHERE number = 2`)
    await expect(openScylla(schema.options)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('penstock migrate') as string,
    })
    await migrateScylla({ ...schema.options, replication: REPLICATION })
    const stores = await openScylla(schema.options)
    await stores.ping()
    await stores.close()
  })

  it('refuses a schema that a newer release made, or another program', async () => {
    const next = CQL_MIGRATIONS.length + 1
    const refused = { kind: 'rejected', name: 'PipelineError' }
    await schema.client.execute(`INSERT INTO ${record()} (number, name) VALUES (${next}, '0099_later')`)
    await expect(openScylla(schema.options)).rejects.toMatchObject(refused)
    await expect(migrateScylla({ ...schema.options, replication: REPLICATION })).rejects.toMatchObject(
      refused,
    )
    await schema.client.execute(`DELETE FROM ${record()} WHERE number = ${next}`)
    await schema.client.execute(`INSERT INTO ${record()} (number, name) VALUES (1, '0001_other')`)
    await expect(openScylla(schema.options)).rejects.toMatchObject(refused)
    await schema.client.execute(
      `INSERT INTO ${record()} (number, name) VALUES (1, '${CQL_MIGRATIONS[0]?.name ?? ''}')`,
    )
  })

  it('is asked for when there is no schema at all', async () => {
    const names = { keyspace: 'nothing_here', stateKeyspace: 'nothing_here_state' }
    await expect(openScylla({ ...schema.options, ...names })).rejects.toMatchObject({ kind: 'unavailable' })
  })

  it('names what is wrong with the options', async () => {
    const wrong: [object, RegExp][] = [
      [{ contactPoints: [] }, /contact point/],
      [{ keyspace: 'No' }, /keyspace/],
      [{ stateKeyspace: schema.options.keyspace }, /differ/],
      [{ user: 'u' }, /password/],
      [{ maxRequestsInFlight: 0 }, /1–1024/],
      [{ hotRetentionMs: 1 }, /hotRetentionMs/],
      [{ localDataCenter: '' }, /data centre/],
    ]
    for (const [change, message] of wrong) {
      await expect(openScylla({ ...schema.options, ...change })).rejects.toMatchObject({
        kind: 'rejected',
        message: expect.stringMatching(message) as string,
      })
    }
  })
})

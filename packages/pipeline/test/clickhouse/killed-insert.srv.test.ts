// What ClickHouse does after it was killed in the middle of an insert: it notes the token first and puts the rows in place after.
// That moment is too short to aim at, so the server is killed after the insert and its part removed, which leaves the same disk.
// The worker's inserts (plan-inserter.ts) rest on what is shown here.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CLICKHOUSE_TEST_USERS, startClickHouse } from '@penstock/test-kit/servers'
import { serverSuite } from '@penstock/test-kit/server-suite'
import { expect, it } from 'vitest'
import {
  createClickHouseColdWriter,
  createClickHouseDatabase,
  migrateCold,
  openClickHouse,
} from '../../src/clickhouse/index.ts'
import { sampleColdRow, sampleInsert } from '../../src/ports/sample-cold-rows.ts'

const ROWS = [1, 2, 3].map((n) => sampleColdRow(n))

await serverSuite('clickhouse', () => {
  it('drops a repetition whose token it noted though the rows are gone, and takes them under another one', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'penstock-killed-insert-'))
    const server = await startClickHouse({ directory })
    const { password } = CLICKHOUSE_TEST_USERS.penstock
    const options = { url: `http://${server.host}:${server.port}`, user: 'penstock', password, database: 'killed' } // prettier-ignore
    const client = openClickHouse(options)
    try {
      await createClickHouseDatabase(options)
      await migrateCold(client)
      const writer = createClickHouseColdWriter(client)
      await writer.insertEvents(ROWS, sampleInsert('plan'))
      const parts = await client.query({
        query: "SELECT path FROM system.parts WHERE database = 'killed' AND table = 'events_v1'",
        format: 'JSONEachRow',
      })
      const paths = (await parts.json<{ path: string }>()).map(({ path }) => path)
      expect(paths).toHaveLength(1)
      server.kill('SIGKILL')
      await server.exited()
      for (const path of paths) await rm(path, { recursive: true })
      await server.restart()

      await writer.insertEvents(ROWS, sampleInsert('plan'))
      expect((await writer.storedOf('plan')).size).toBe(0)
      await writer.insertEvents(ROWS, sampleInsert('plan', { attemptToken: 'plan-2' }))
      expect((await writer.storedOf('plan')).size).toBe(ROWS.length)
    } finally {
      await client.close()
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    }
  })
})

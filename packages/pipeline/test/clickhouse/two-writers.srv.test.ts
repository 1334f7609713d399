// Two workers that both believe that they hold a partition: the older one is in the middle of an insert when the newer one takes
// over. With the fence every row is there once; without it the same story doubles them, so this test can fail.
import { randomUUID } from 'node:crypto'
import { formatUuid } from '@penstock/contract'
import { CLICKHOUSE_TEST_USERS } from '@penstock/test-kit/servers'
import { serverSuite } from '@penstock/test-kit/server-suite'
import { beforeEach, expect, it } from 'vitest'
import {
  createClickHouseColdWriter,
  createClickHouseDatabase,
  migrateCold,
  openClickHouse,
  type ColdClient,
} from '../../src/clickhouse/index.ts'
import { isPipelineError } from '../../src/errors.ts'
import { sampleColdRow, sampleInsert } from '../../src/ports/sample-cold-rows.ts'

const ROWS = Array.from({ length: 25 }, (_, n) => sampleColdRow(n))
/** Per row, in the old writer's insert: 2.5 s in all, below what the engine lets one block sleep. */
const SLEEP_S = 0.1

await serverSuite('clickhouse', ({ host, port }) => {
  let admin: ColdClient
  let options: Parameters<typeof openClickHouse>[0]

  const numbers = async (query: string): Promise<number[]> => {
    const result = await admin.query({ query, format: 'JSONCompactEachRow' })
    return (await result.json<[string | number]>()).map(([value]) => Number(value))
  }
  const command = async (query: string): Promise<void> => {
    await admin.command({ query })
  }

  beforeEach(async () => {
    const { password } = CLICKHOUSE_TEST_USERS.penstock
    const database = `fence_${randomUUID().replaceAll('-', '')}`
    options = { url: `http://${host}:${port}`, user: 'penstock', password, database }
    await createClickHouseDatabase(options)
    admin = openClickHouse(options)
    await migrateCold(admin)
    return () => admin.close()
  })

  /** What became of the old insert, and how many rows there are of every event at the end, as [least, most]. */
  async function takeOver(fenced: boolean): Promise<{ old: string; copies: number[]; seen: number }> {
    const clients = [openClickHouse(options), openClickHouse(options)] as const
    const [older, newer] = clients.map((client) => createClickHouseColdWriter(client, { fenced }))
    // Rows are checked one by one after the fence was read and before anything is written.
    await command(`ALTER TABLE events_v1 ADD CONSTRAINT slow CHECK sleepEachRow(${SLEEP_S}) = 0`)
    const insert = sampleInsert('plan', { epoch: 1, attemptToken: 'attempt-1' })
    const old = older!.insertEvents(ROWS, insert).then(
      () => 'stored',
      (error: unknown) => (isPipelineError(error) ? error.kind : String(error)),
    )
    await expect
      .poll(() => numbers("SELECT count() FROM system.processes WHERE query LIKE '%attempt-1-%'"), {
        timeout: 20_000,
      })
      .toEqual([2]) // and this question itself
    await command('ALTER TABLE events_v1 DROP CONSTRAINT slow')

    await newer!.fence(0, 2)
    const stored = await newer!.storedOf('plan')
    const missing = ROWS.filter((row) => !stored.has(`${row.projectId}/${formatUuid(row.eventId)}`))
    await newer!.insertEvents(missing, sampleInsert('plan', { epoch: 2, attemptToken: 'attempt-2' }))
    const outcome = await old
    const late = sampleInsert('plan', { epoch: 1, attemptToken: 'attempt-3' })
    if (fenced) await expect(older!.insertEvents(ROWS, late)).rejects.toMatchObject({ kind: 'fenced' })
    const copies = await numbers('SELECT count() AS n FROM events_v1 GROUP BY event_id')
    await Promise.all(clients.map((client) => client.close()))
    return { old: outcome, copies: [...new Set(copies)], seen: stored.size }
  }

  it('has every row once: the old insert is over before anybody looks what is missing', async () => {
    const { old, copies, seen } = await takeOver(true)
    // The engine ends it, or, when that came too late, it was waited for.
    expect(['stored', 'fenced', 'outcome_unknown', 'unavailable']).toContain(old)
    expect({ copies, seen }).toEqual({ copies: [1], seen: old === 'stored' ? ROWS.length : 0 })
  })

  it('would double them without the fence', async () => {
    const { old, copies } = await takeOver(false)
    expect({ old, copies }).toEqual({ old: 'stored', copies: [2] })
  })

  it('leaves the inserts of other partitions and of later epochs alone', async () => {
    const writer = createClickHouseColdWriter(admin)
    await command(`ALTER TABLE events_v1 ADD CONSTRAINT slow CHECK sleepEachRow(0.05) = 0`)
    const other = writer.insertEvents(ROWS, sampleInsert('other', { partition: 10, epoch: 1 }))
    const later = writer.insertEvents(ROWS, sampleInsert('later', { partition: 1, epoch: 3 }))
    await expect
      .poll(() =>
        numbers(
          "SELECT count() FROM system.processes WHERE query LIKE 'INSERT%' OR query LIKE '%FROM format(%'",
        ),
      )
      .not.toEqual([0])
    await writer.fence(1, 2)
    await Promise.all([other, later])
    expect(await numbers('SELECT count() FROM events_v1')).toEqual([2 * ROWS.length])
  })
})

// What the engine in this process must do beyond the suites: survive kill -9, be shared by threads, end in order, and refuse a schema
// that it does not know.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { formatUuid } from '@penstock/contract'
import { openChdb, type Chdb } from '@penstock/embedded'
import {
  createClickHouseColdReader,
  createClickHouseColdWriter,
  migrateCold,
} from '@penstock/pipeline/clickhouse'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { batchRows } from './batch-rows.ts'

const LIMITS = { maxExecutionMs: 30_000, maxMemoryBytes: 1e9, maxResultRows: 1e6, maxThreads: 1 }

let path: string
let chdb: Chdb | undefined
let child: ChildProcess | undefined
const open = async (): Promise<Chdb> => (chdb = await openChdb({ path }))

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'penstock-cold-'))
})
afterEach(async () => {
  child?.kill('SIGKILL')
  await chdb?.close()
  await rm(path, { recursive: true, force: true })
})

describe('kill -9 in the middle of inserts', () => {
  /** Lets a child insert until it has done some batches and begun one more, then kills it. */
  async function killedAfter(first: number, batches: number): Promise<{ done: number[]; begun: number }> {
    const script = new URL('insert-until-killed.ts', import.meta.url).pathname
    const killed = spawn(process.execPath, ['--import', 'tsx', script, path, String(first)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = killed
    const done: number[] = []
    let begun = first
    for await (const line of createInterface(killed.stdout)) {
      const [what, n] = line.split(' ')
      if (what === 'done') done.push(Number(n))
      else begun = Number(n)
      if (done.length === batches && begun === first + batches) killed.kill('SIGKILL')
    }
    if (killed.exitCode === null && killed.signalCode === null) await once(killed, 'exit')
    expect(killed.signalCode).toBe('SIGKILL')
    return { done, begun }
  }

  it('keeps what was acknowledged, tells the truth about the rest, and takes the rest', async () => {
    let next = 0
    for (const batches of [1, 4, 2]) {
      const { begun } = await killedAfter(next, batches)
      const engine = await open()
      const client = engine.writerClient()
      const writer = createClickHouseColdWriter(client, { fenced: false })
      for (let n = 0; n < begun; n++) expect(await writer.storedOf(`b${n}`)).toHaveLength(600)

      // The open one: what is missing is what storedOf does not name, in either month.
      const stored = await writer.storedOf(`b${begun}`)
      for (const [half, rows] of batchRows(begun).entries()) {
        const missing = rows.filter((row) => !stored.has(`p/${formatUuid(row.eventId)}`))
        const insert = { batch: `b${begun}`, attemptToken: `b${begun}-again-${half}`, partition: 0, epoch: 2 }
        await writer.insertEvents(missing, insert)
      }
      const reader = createClickHouseColdReader(client, LIMITS)
      const sql = 'SELECT count() AS plain, uniqExact(event_id) AS ids FROM events_v1'
      const all = 600 * (begun + 1)
      expect((await reader.query({ sql, params: {} })).rows).toEqual([{ plain: all, ids: all }])
      await engine.close()
      chdb = undefined
      next = begun + 1
    }
  })
})

describe('closing', () => {
  it('waits for an insert and ends questions', async () => {
    const engine = await open()
    const client = engine.writerClient()
    await migrateCold(client)
    const writer = createClickHouseColdWriter(client, { fenced: false })
    const reader = createClickHouseColdReader(engine.readerClient(), LIMITS)
    const asked = reader.query({
      sql: 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1',
      params: {},
    })
    const failed = expect(asked).rejects.toThrow()
    const [rows = []] = batchRows(1)
    const inserted = writer.insertEvents(rows, { batch: 'b', attemptToken: 'b', partition: 0, epoch: 1 })
    await reader.ping()
    await engine.close()
    await inserted
    await failed
    await expect(reader.ping()).rejects.toMatchObject({ kind: 'unavailable' })

    const again = await open()
    const after = createClickHouseColdWriter(again.writerClient(), { fenced: false })
    expect(await after.storedOf('b')).toHaveLength(rows.length)
  })

  it('may be done twice, and with a stream that nobody reads on', async () => {
    const engine = await open()
    const reader = createClickHouseColdReader(engine.readerClient(), LIMITS)
    const stream = reader.stream({ sql: 'SELECT number FROM numbers(1000000000)', params: {} })
    await stream[Symbol.asyncIterator]().next()
    await engine.close()
    await engine.close()
  })
})

describe('the schema', () => {
  it('may be migrated again, also by two at once', async () => {
    const engine = await open()
    await Promise.all([migrateCold(engine.writerClient()), migrateCold(engine.writerClient())])
    await migrateCold(engine.writerClient())
  })

  it('gives rows of the release before the time that they were sent with', async () => {
    const engine = await open()
    const client = engine.writerClient()
    await migrateCold(client)
    const back = [
      'ALTER TABLE events_v1 DROP COLUMN original_ms',
      'DELETE FROM schema_migrations WHERE number = 4',
    ]
    for (const query of back) await client.command({ query })
    const insert = (token: string, columns: string, values: string) =>
      client.command({
        query: `INSERT INTO events_v1 (project_id, event_id, event_time, ${columns})
                SETTINGS async_insert = 0, insert_deduplication_token = '${token}'
                VALUES ('p', generateUUIDv4(), '2026-11-22 10:00:00.000', ${values})`,
      })
    await insert('a', 'original_timestamp', "'2026-11-20 10:00:00.123'")
    await insert('b', 'original_timestamp', 'NULL')
    await migrateCold(client)
    await insert('c', 'original_ms', '-62135596795000')

    const reader = createClickHouseColdReader(engine.readerClient(), LIMITS)
    const sent = { sql: 'SELECT original_ms FROM events_v1 ORDER BY original_ms', params: {} }
    const expected = [-62_135_596_795_000, Date.UTC(2026, 10, 20, 10, 0, 0, 123), null]
    const shown = async () => (await reader.query<{ original_ms: unknown }>(sent)).rows
    expect(await shown()).toEqual(expected.map((original_ms) => ({ original_ms })))
    // One part of before and after the step.
    await client.command({ query: 'OPTIMIZE TABLE events_v1 FINAL' })
    expect(await shown()).toEqual(expected.map((original_ms) => ({ original_ms })))
  })

  it.each([
    ['a newer step', "(99, '0099_add_future')"],
    ['another history', "(2, '0002_create_something')"],
  ])('refuses %s', async (_what, values) => {
    const engine = await open()
    const client = engine.writerClient()
    await migrateCold(client)
    await client.command({ query: `INSERT INTO schema_migrations (number, name) VALUES ${values}` })
    await expect(migrateCold(client)).rejects.toMatchObject({ kind: 'rejected' })
  })
})

it('says that a directory cannot be used', async () => {
  await expect(openChdb({ path: '/proc/no-such-place' })).rejects.toMatchObject({
    kind: 'unavailable',
    store: 'cold',
  })
})

// The worker on the real embedded stores: LMDB log and state, ClickHouse in this process. What the model shows with simulated
// stores is shown here once with the real ones: copies, conflicts, a real refusal with bisecting, a crash inside a plan.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pino } from 'pino'
import { formatUuid } from '@penstock/contract'
import { ChunkBuilder, type Road } from '@penstock/contract/stream'
import { noFailpoint, type EventLog, type Failpoint, type FailpointName } from '@penstock/pipeline'
import { createClickHouseColdWriter, migrateCold, type ColdClient } from '@penstock/pipeline/clickhouse'
import { createWorker, type Worker } from '@penstock/worker'
import {
  createLmdbEventLog,
  createLogWake,
  openChdb,
  openLmdbState,
  type Chdb,
  type LmdbState,
} from '../src/index.ts'

const PROJECT = 'shop'
const WINDOW_MS = 35 * 86_400_000
const directory = mkdtempSync(join(tmpdir(), 'penstock-worker-'))
let chdb: Chdb
let client: ColdClient
let log: EventLog
let stores: LmdbState
let tokens = 0
let ids = 0

beforeAll(async () => {
  log = await createLmdbEventLog({ path: join(directory, 'log'), capBytes: 1e9, wake: createLogWake() })
  stores = await openLmdbState({ path: join(directory, 'state') })
  chdb = await openChdb({ path: join(directory, 'cold') })
  client = chdb.writerClient()
  await migrateCold(client)
})

afterAll(async () => {
  await log.close()
  await stores.close()
  await chdb.close()
  rmSync(directory, { recursive: true, force: true })
})

function startable(failpoint: Failpoint = noFailpoint): Worker {
  return createWorker(
    {
      log,
      state: stores.state,
      hot: stores.hot,
      cold: createClickHouseColdWriter(client),
      sweeper: stores.sweeper,
      projects: stores.projects,
      clock: Date.now,
      monotonic: () => performance.now(),
      sleep: (ms, signal) =>
        sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
      newToken: () => `test-${++tokens}`,
      logger: pino({ level: 'silent' }),
      failpoint,
    },
    {
      hotLingerMs: 10,
      hotMaxEvents: 5_000,
      coldLingerMs: 50,
      coldMaxEvents: 20_000,
      coldMaxBytes: 8 * 1_048_576,
      bufferBytes: 64 * 1_048_576,
      purgeMarginMs: 60_000,
      registryWindowMs: WINDOW_MS,
      hotRetentionMs: WINDOW_MS,
      sweepIntervalMs: 3_600_000,
      safety: { positionOwner: true, missingRows: true },
    },
  )
}

interface Sent {
  eventId: Uint8Array
  name: string
  value: unknown
  eventTime: number
  anonymousId: string
  userId: string
  road?: Road
}

const newId = (): Uint8Array => {
  const id = Buffer.alloc(16, 5)
  id.writeUInt32BE(++ids, 12)
  return id
}

const event = (name: string, change: Partial<Sent> = {}): Sent => ({
  eventId: newId(),
  name,
  value: 1,
  eventTime: Date.UTC(2026, 10, 20, 12),
  anonymousId: `anonymous-${name}`,
  userId: 'user',
  ...change,
})

async function send(events: readonly Sent[]): Promise<void> {
  for (let start = 0; start < events.length; start += 500) {
    const builder = new ChunkBuilder()
    for (const sent of events.slice(start, start + 500)) {
      const fields = {
        event_id: formatUuid(sent.eventId),
        type: 'track',
        event: sent.name,
        user_id: sent.userId,
        anonymous_id: sent.anonymousId,
        properties: { value: sent.value },
      }
      builder.add({
        projectId: PROJECT,
        eventId: sent.eventId,
        receivedAt: Date.UTC(2026, 10, 21),
        eventTime: sent.eventTime,
        road: sent.road ?? 'ingest',
        bytes: Buffer.from(JSON.stringify(fields)),
      })
    }
    await log.append(0, builder.finish())
  }
}

async function allCold(): Promise<void> {
  const { lastSeq } = await log.end(0)
  for (;;) {
    const row = await stores.state.read(0)
    if (row !== null && row.coldThrough >= lastSeq && row.coldPlan === null) return
    await sleep(10)
  }
}

async function rows(name: string): Promise<{ id: string; properties: string }[]> {
  const result = await client.query({
    query: `SELECT toString(event_id) AS id, properties FROM events_v1 WHERE name = '${name}' ORDER BY event_time, id`,
    format: 'JSONEachRow',
  })
  return result.json()
}

async function linkCount(anonymousId: string): Promise<number> {
  const query = `SELECT count() AS n FROM links_v1 WHERE anonymous_id = '${anonymousId}'`
  const result = await client.query({ query, format: 'JSONEachRow' })
  const [counted] = await result.json<{ n: number | string }>()
  return Number(counted?.n)
}

/** Runs a worker until everything sent is in the cold store. */
async function process(): Promise<void> {
  const worker = startable()
  await worker.start()
  await allCold()
  expect(worker.alive()).toBe(true)
  await worker.stop()
}

describe('the worker on the embedded stores', () => {
  it('stores copies once and makes the other content a dead letter', async () => {
    const events = Array.from({ length: 3_000 }, (_, index) => event('copies', { value: index }))
    await send(events)
    await send([...events].reverse())
    const loser = { ...(events[7] as Sent), value: 'other' }
    await send([loser])
    await process()
    const stored = await rows('copies')
    expect(stored.map(({ id }) => id).sort()).toEqual(events.map(({ eventId }) => formatUuid(eventId)).sort())
    const letter = await stores.deadLetters.latestOf({ projectId: PROJECT, eventId: loser.eventId })
    expect(letter).toMatchObject({ reason: 'event_id_conflict', attempts: 1, state: 'open' })
    expect(await linkCount('anonymous-copies')).toBe(1)
  })

  it('bisects what ClickHouse really refuses, and stores it when it is replayed later', async () => {
    await client.command({ query: `ALTER TABLE events_v1 ADD CONSTRAINT no_poison CHECK name != 'poison'` })
    const good = Array.from({ length: 101 }, (_, index) => event('neighbours', { value: index }))
    const bad = [event('poison', { value: 'a' }), event('poison', { value: 'b' })]
    const [first, second] = bad as [Sent, Sent]
    await send([...good.slice(0, 50), first, ...good.slice(50), second])
    await process()
    expect(await rows('neighbours')).toHaveLength(good.length)
    expect(await rows('poison')).toEqual([])
    expect(await linkCount('anonymous-poison')).toBe(0)
    for (const { eventId } of bad) {
      const identity = { projectId: PROJECT, eventId }
      expect(await stores.deadLetters.latestOf(identity)).toMatchObject({
        reason: 'store_refused',
        attempts: 1,
      })
      expect(await stores.hot.events([identity])).toEqual([null])
      expect(await stores.state.lookup([identity])).toMatchObject([{ state: 'dead' }])
    }

    await client.command({ query: 'ALTER TABLE events_v1 DROP CONSTRAINT no_poison' })
    await send([{ ...first, road: 'replay' }])
    await send([{ ...first, road: 'replay' }, first])
    await process()
    expect((await rows('poison')).map(({ id }) => id)).toEqual([formatUuid(first.eventId)])
    expect(await linkCount('anonymous-poison')).toBe(1)
    expect(await stores.hot.events([{ projectId: PROJECT, eventId: first.eventId }])).not.toEqual([null])
  })

  it.each([
    'cold.6.after_plan',
    'cold.8.after_links',
    'cold.8.after_first_insert',
    'cold.8.after_inserts',
    'cold.10.before_commit',
  ] satisfies FailpointName[])('finishes the plan of a worker that died at %s', async (point) => {
    const name = `crash ${point}`
    // Two months: the plan is two inserts, and the crash falls between or around them.
    const events = Array.from({ length: 400 }, (_, index) =>
      event(name, { value: index, eventTime: Date.UTC(2026, 9 + (index % 2), 15) }),
    )
    await send(events)
    const copy = events[3] as Sent
    await send([copy, { ...copy, value: 'conflict' }, copy])
    let died = false
    const dying = startable((passed) => {
      if (passed !== point) return
      died = true
      throw new Error('dies here')
    })
    await dying.start()
    while (dying.alive()) await sleep(5)
    await dying.stop()
    expect(died).toBe(true)
    expect((await stores.state.read(0))?.coldPlan).not.toBeNull()

    await process()
    const stored = await rows(name)
    expect(stored.map(({ id }) => id).sort()).toEqual(events.map(({ eventId }) => formatUuid(eventId)).sort())
  })

  it('agrees with itself at the end: totals, rows and registry', async () => {
    const row = await stores.state.read(0)
    const result = await client.query({
      query: 'SELECT count() AS n, uniqExact(event_id) AS ids FROM events_v1',
      format: 'JSONEachRow',
    })
    const [counted] = await result.json<{ n: number | string; ids: number | string }>()
    expect(Number(counted?.n)).toBe(row?.coldTotals.stored)
    expect(Number(counted?.ids)).toBe(row?.coldTotals.stored)
    for (const totals of [row?.hotTotals, row?.coldTotals]) {
      expect(totals?.events).toBe(
        (totals?.stored ?? 0) + (totals?.duplicates ?? 0) + (totals?.deadLetters ?? 0),
      )
    }
    expect(row?.coldTotals.events).toBe(row?.hotTotals.events)
  })
})

import { serverSuite } from '@penstock/test-kit/server-suite'
import type cassandra from 'cassandra-driver'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  SAMPLE_TIME,
  sampleCommit,
  sampleEvent,
  sampleLetter,
  sampleTotals,
} from '../../src/ports/sample-events.ts'
import type { AcceptedEvent, StateRow } from '../../src/ports/worker-state.ts'
import { createCql } from '../../src/scylla/cql.ts'
import { createEventWrites } from '../../src/scylla/event-writes.ts'
import { createLimiter } from '../../src/scylla/limiter.ts'
import { createStatements } from '../../src/scylla/statements.ts'
import { eventV7 } from './events-v7.ts'
import { createSchema, DAY_MS, type TestSchema } from './schema.ts'

await serverSuite('cassandra', (server) => {
  let schema: TestSchema
  let opened: Awaited<ReturnType<TestSchema['open']>>
  let row: StateRow
  beforeAll(async () => {
    schema = await createSchema(server, 'writes')
  })
  afterAll(() => schema.drop())
  beforeEach(async () => {
    await schema.empty()
    opened = await schema.open()
    row = await opened.state.acquire(0)
  })
  afterEach(() => opened.close())

  const entryOf = async (event: AcceptedEvent) => (await opened.state.lookup([event]))[0]
  const timelineOf = async () =>
    (await opened.hot.timeline({ projectId: 'p', kind: 'user', id: 'u' }, { limit: 100 })).length
  const refusalOf = (event: AcceptedEvent) => ({
    partition: 0,
    epoch: row.epoch,
    refused: [{ event, letter: sampleLetter(event, { reason: 'store_refused' }) }],
  })

  describe('a worker that woke up late', () => {
    /** Writes as a worker that was turned away by nobody: it passed the check of its epoch before it slept. */
    const writeLate = async (event: AcceptedEvent) => {
      const cql = createCql(schema.client, createLimiter(8))
      const events = createEventWrites({
        statements: createStatements(schema.options),
        retention: { hotMs: () => schema.options.hotRetentionMs },
        registryWindowMs: schema.options.registryWindowMs,
        clock: () => SAMPLE_TIME,
      })
      await cql.write(events.accept([event]).writes)
    }
    // The log's clock stood still: both positions have the same log time.
    const first = sampleEvent({ n: 1, at: [4, 0] })
    const replayed = { ...first, position: { partition: 0, seq: 5, idx: 0 } }

    it('revives nothing that was refused meanwhile', async () => {
      await opened.state.commitHot(sampleCommit(row, [first]))
      await opened.state.refuse(refusalOf(first))
      await writeLate(first)
      expect(await entryOf(first)).toMatchObject({ state: 'dead', owner: first.position })
      expect(await opened.hot.events([first])).toEqual([null])
      expect(await timelineOf()).toBe(0)
    })

    it('takes nothing back from a later owner, and neither does a refusal done again', async () => {
      await opened.state.commitHot(sampleCommit(row, [first]))
      await opened.state.refuse(refusalOf(first))
      await opened.state.commitHot(sampleCommit(row, [replayed]))
      await writeLate(first)
      await opened.state.refuse(refusalOf(first))
      expect(await entryOf(first)).toMatchObject({ state: 'live', owner: replayed.position })
      expect((await opened.hot.events([first]))[0]?.position).toEqual(replayed.position)
      expect(await timelineOf()).toBe(1)
    })
  })

  describe('requests', () => {
    const counted = async (work: () => Promise<unknown>): Promise<number> => {
      const before = opened.load().requests
      await work()
      return opened.load().requests - before
    }
    const events = Array.from({ length: 2_500 }, (_, n) =>
      eventV7({ n, seq: 1 + Math.floor(n / 500), timeMs: SAMPLE_TIME + n * 40 }),
    )

    it('of 2,500 recent UUIDv7s are tens: to look up, to write, to read', async () => {
      expect(await counted(() => opened.state.lookup(events))).toBeLessThanOrEqual(64)
      // Registry and rows in 16 to 32 shards, one user's timeline in pieces, check and change of the state row.
      expect(await counted(() => opened.state.commitHot(sampleCommit(row, events)))).toBeLessThanOrEqual(99)
      expect(await counted(() => opened.hot.events(events))).toBeLessThanOrEqual(64)
      const found = await opened.state.lookup(events)
      expect(found.every((entry, n) => entry?.owner.seq === events[n]?.position.seq)).toBe(true)
    })

    it('are not repeated for what an actor’s earlier events have said: its time bucket and its link', async () => {
      const event = { user_id: 'u', anonymous_id: 'a' }
      const commit = (n: number) => () =>
        opened.state.commitHot(sampleCommit(row, [eventV7({ n, seq: n, event })]))
      const first = await counted(commit(1))
      const second = await counted(commit(2))
      // Once per process: retention of the projects, the state row as it stands. Once per actor: bucket, link and its reverse.
      expect(first - second).toBe(2 + 3)
      expect(await opened.hot.linkedUser('p', 'a')).toBe('u')
      expect(await timelineOf()).toBe(2)
    })
  })

  it('of a commit do not hold up what others judge this worker by', async () => {
    const one = await schema.open({ maxRequestsInFlight: 1 })
    try {
      const events = Array.from({ length: 500 }, (_, n) =>
        sampleEvent({ n, projectId: `p${n}`, event: { user_id: `u${n}` } }),
      )
      let committed = false
      const commit = one.state.commitHot(sampleCommit(row, events)).then(() => (committed = true))
      while (one.load().waiting < 1_000) await new Promise((resolve) => setImmediate(resolve))
      await one.leases.announce({ holder: 'w', beat: 1 })
      expect(await one.leases.leases(1)).toMatchObject([{ epoch: row.epoch }])
      expect(await one.leases.workers()).toEqual([{ holder: 'w', beat: 1 }])
      await one.leases.withdraw('w')
      expect(committed).toBe(false)
      await commit
    } finally {
      await one.close()
    }
  })

  describe('lifetimes', () => {
    const secondsLeft = async (table: string, column: string): Promise<number> => {
      const { rows } = await schema.client.execute(
        `SELECT TTL(${column}) AS seconds FROM ${schema.options.keyspace}.${table}`,
      )
      return rows[0]?.['seconds'] as number
    }
    const days = async (table: string, column: string) => (await secondsLeft(table, column)) / 86_400

    it('count from the later of log time and event time, and are not prolonged by writing again', async () => {
      const imported = sampleEvent({
        n: 1,
        eventTime: SAMPLE_TIME - 900 * DAY_MS,
        logTime: SAMPLE_TIME - DAY_MS,
      })
      await opened.state.commitHot(sampleCommit(row, [imported]))
      expect(await days('registry_v1', 'hash')).toBeCloseTo(34, 2)
      expect(await days('events_v1', 'body')).toBeCloseTo(89, 2)
      // Written again five days later. The server's clock does not know that, so the row must not be there yet.
      await schema.empty()
      row = await opened.state.acquire(0)
      const later = await schema.open({ clock: () => SAMPLE_TIME + 5 * DAY_MS })
      await later.state.commitHot(sampleCommit(row, [imported]))
      await later.close()
      expect(await days('registry_v1', 'hash')).toBeCloseTo(29, 2)
      expect(await days('events_v1', 'body')).toBeCloseTo(84, 2)
    })

    it('of hot rows end with the project’s own retention when that is shorter', async () => {
      await opened.projects.createProject({ id: 'p', name: 'p', retentionDays: 40, createdAt: 1 })
      await opened.state.commitHot(sampleCommit(row, [sampleEvent({ n: 1, logTime: SAMPLE_TIME })]))
      expect(await days('events_v1', 'body')).toBeCloseTo(40, 2)
      expect(await days('registry_v1', 'hash')).toBeCloseTo(35, 2)
    })

    it('of refused events are the registry’s', async () => {
      const event = sampleEvent({ n: 1, logTime: SAMPLE_TIME })
      await opened.state.refuse(refusalOf(event))
      expect(await days('registry_v1', 'hash')).toBeCloseTo(35, 2)
    })
  })

  describe('a commit that ends at any request', () => {
    /** Fails the request of this number, and all after it: the process died there. */
    const dyingAt = (last: number): cassandra.Client => {
      let sent = 0
      const mortal = (method: 'execute' | 'batch') => {
        const send = schema.client[method].bind(schema.client) as (...args: unknown[]) => unknown
        return (...args: unknown[]): unknown =>
          ++sent > last ? Promise.reject(new Error('died')) : send(...args)
      }
      return { execute: mortal('execute'), batch: mortal('batch') } as unknown as cassandra.Client
    }
    const events = [1, 2, 3].map((n) =>
      eventV7({ n, seq: 2, event: { type: 'identify', user_id: 'u', anonymous_id: `a${n}`, traits: { n } } }),
    )
    const loser = eventV7({ n: 9, seq: 2, event: { user_id: 'u' } })
    const commit = () =>
      sampleCommit(row, events, {
        letters: [sampleLetter(loser)],
        change: { hotThrough: 2, hotTotals: sampleTotals(3) },
      })
    const seen = async () => ({
      entries: await opened.state.lookup(events),
      rows: await opened.hot.events(events),
      timeline: await opened.hot.timeline({ projectId: 'p', kind: 'user', id: 'u' }, { limit: 10 }),
      links: await opened.hot.linkedAnonymousIds('p', 'u'),
      profile: await opened.hot.profile('p', 'u'),
      letters: (await opened.deadLetters.list('p', {}, { limit: 10 })).letters,
      latest: await opened.deadLetters.latestOf(loser),
      open: await opened.deadLetters.countOpen('p'),
      summary: await opened.deadLetters.summary('p'),
      row: { ...(await opened.state.read(0)), epoch: 0 },
    })

    it('leaves the state row behind everything else, and is repaired by the same commit', async () => {
      const before = opened.load().requests
      await opened.state.commitHot(commit())
      const requests = opened.load().requests - before
      const whole = await seen()
      expect(whole.timeline).toHaveLength(3)
      expect(whole.links).toEqual(['a1', 'a2', 'a3'])

      for (let last = 0; last < requests; last++) {
        await schema.empty()
        row = await opened.state.acquire(0)
        const dying = schema.openOn(dyingAt(last))
        await expect(dying.commitHot(commit()), `request ${last}`).rejects.toThrow()
        expect((await opened.state.read(0))?.hotThrough, `request ${last}`).toBe(0)
        const again = await schema.open()
        await again.state.commitHot(commit())
        await again.close()
        expect(await seen(), `request ${last}`).toEqual(whole)
      }
    })
  })
})

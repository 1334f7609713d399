// The server dies or stops answering while it is written to. One of its own, because it is killed.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCassandra, type TestServer } from '@penstock/test-kit/servers'
import { ownServerSuite } from '@penstock/test-kit/server-suite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isPipelineError } from '../../src/errors.ts'
import { SAMPLE_TIME, sampleCommit, sampleLetter, sampleTotals } from '../../src/ports/sample-events.ts'
import type { AcceptedEvent, HotCommit, StateRow } from '../../src/ports/worker-state.ts'
import { eventV7 } from './events-v7.ts'
import { createSchema, type TestSchema } from './schema.ts'

const PER_COMMIT = 40
const KILLS = 2
// A boot takes 5 s, on a machine that others use as well half a minute.
const PATIENCE_MS = 300_000

await ownServerSuite('cassandra', () => {
  let server: TestServer
  let directory: string
  let schema: TestSchema
  let opened: Awaited<ReturnType<TestSchema['open']>>
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'penstock-cql-'))
    server = await startCassandra({ directory, heapMiB: 384 })
    schema = await createSchema(server, 'failures')
    // Shorter than the servers' own patience, so that the driver gives up first.
    opened = await schema.open({ requestTimeoutMs: 1_500 })
  })
  afterAll(async () => {
    await opened.close()
    await schema.client.shutdown()
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  })

  let made = 0
  const nextEvents = (seq: number): AcceptedEvent[] =>
    Array.from({ length: PER_COMMIT }, () => {
      const n = made++
      return eventV7({
        n,
        seq,
        timeMs: SAMPLE_TIME + n,
        event: { user_id: `u${n % 7}`, anonymous_id: `a${n % 11}` },
      })
    })

  /** As the worker does: the same work again until it succeeds. Counts what failed, by kind. */
  async function untilDone<T>(failures: Map<string, number>, work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (!isPipelineError(error) || !error.retryable) throw error
        failures.set(error.kind, (failures.get(error.kind) ?? 0) + 1)
        await sleep(100)
      }
    }
  }

  async function expectWhole(partition: number, commits: readonly HotCommit[]): Promise<void> {
    const events = commits.flatMap(({ accepted }) => accepted)
    const entries = await opened.state.lookup(events)
    expect(entries.filter((entry) => entry?.state !== 'live')).toEqual([])
    expect(
      (await opened.hot.events(events)).every((row, n) => row?.position.seq === events[n]?.position.seq),
    ).toBe(true)
    for (const { letters } of commits) {
      for (const { id } of letters)
        expect(await opened.deadLetters.get('p', id)).toMatchObject({ attempts: 1 })
    }
    expect(await opened.state.read(partition)).toMatchObject(commits.at(-1)?.change ?? {})
  }

  function commitOf(row: StateRow, seq: number): HotCommit {
    const events = nextEvents(seq).map((event) => ({
      ...event,
      position: { ...event.position, partition: row.partition },
    }))
    const loser = eventV7({ n: 1_000_000 + made, seq })
    return sampleCommit(row, events, {
      letters: [{ ...sampleLetter(loser), position: { partition: row.partition, seq, idx: 499 } }],
      change: { hotThrough: seq, hotTotals: sampleTotals(made) },
    })
  }

  it(
    'keeps everything that it acknowledged when the server is killed while it writes',
    { timeout: PATIENCE_MS },
    async () => {
      const row = await opened.state.acquire(1)
      const failures = new Map<string, number>()
      const acknowledged: HotCommit[] = []
      let seq = 0
      for (let kill = 0; kill < KILLS; kill++) {
        const killing = sleep(150 + kill * 70).then(async () => {
          server.kill('SIGKILL')
          await server.exited()
          await server.restart()
        })
        let restarted = false
        void killing.then(() => (restarted = true))
        do {
          const commit = commitOf(row, ++seq)
          await untilDone(failures, () => opened.state.commitHot(commit))
          acknowledged.push(commit)
        } while (!restarted)
        await killing
      }
      await expectWhole(1, acknowledged)
      expect([...failures.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
      expect(
        [...failures.keys()].every((kind) => ['unavailable', 'outcome_unknown', 'overloaded'].includes(kind)),
      ).toBe(true)
      await expect(opened.ping()).resolves.toBeUndefined()
    },
  )

  it('says so when the server does not answer, and the same work succeeds when it does again', async () => {
    const row = await opened.state.acquire(2)
    const failures = new Map<string, number>()
    const commits = Array.from({ length: 4 }, (_, index) => commitOf(row, index + 1))
    for (const [index, commit] of commits.entries()) {
      // The first time for longer than the driver tries by itself.
      const stoppedMs = index === 0 ? 7_000 : 2_500
      const began = performance.now()
      const woken = sleep(index * 3).then(async () => {
        server.kill('SIGSTOP')
        await sleep(stoppedMs)
        server.kill('SIGCONT')
      })
      await untilDone(failures, () => opened.state.commitHot(commit))
      expect(performance.now() - began).toBeGreaterThan(stoppedMs / 2)
      await woken
    }
    await expectWhole(2, commits)
    expect([...failures.keys()]).not.toEqual([])
    expect(
      [...failures.keys()].filter((kind) => kind !== 'unavailable' && kind !== 'outcome_unknown'),
    ).toEqual([])
  })

  it('changes a state row as it was told while the server stops and goes on', async () => {
    const row = await opened.state.acquire(3)
    const failures = new Map<string, number>()
    let through = 0
    const nemesis = (async () => {
      for (let round = 0; round < 3; round++) {
        await sleep(200)
        server.kill('SIGSTOP')
        await sleep(1_800)
        server.kill('SIGCONT')
      }
      return true
    })()
    let over = false
    void nemesis.then(() => (over = true))
    while (!over) {
      const next = through + 1
      await untilDone(failures, () => opened.state.change(3, row.epoch, { hotThrough: next }))
      through = next
      // What was told stands there at once, whatever was lost or late on the way.
      const read = await untilDone(failures, () => opened.state.read(3))
      expect(read?.hotThrough).toBe(through)
    }
    await nemesis
    expect(await opened.state.read(3)).toMatchObject({ hotThrough: through, epoch: row.epoch })
  })
})

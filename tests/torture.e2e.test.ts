// kill -9 under load on the built program, then an account of every event in plain reads. And the counter-proof: with one
// safety layer switched off the same account is red, so the layer is needed and the harness would notice its loss.
//
// The cold store is told to keep every row: merges would tidy up what the protocol let through, some time later.
//
// Where each layer shows in embedded mode (registry and state row are one transaction there):
//   durable_before_202   killed right after an answer
//   missing_rows         killed between the insert and the state row: recovery doubles what stands in the store
//   position_owner       killed between the hot commit and the plan: the cold stage reads the log again and must tell an
//                        event from its copies. (The crash between registry and state row is the worker's model test.)
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  builtProgram,
  createCrashStory,
  describeReport,
  keepEveryRow,
  REACHABLE_FAILPOINTS,
  runTorture,
  type CrashStory,
} from '@penstock/test-kit'

const CLEAN = { lost: 0, duplicated: 0, phantom: 0, corrupted: 0 }
const args = [builtProgram(), 'dev']

let directory: string
let story: CrashStory
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'penstock-torture-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('killed with -9 again and again under load', () => {
  it(
    'counts every accepted event once, having died at every step of the protocol',
    { timeout: 900_000 },
    async () => {
      const report = await runTorture({
        args,
        env: {},
        directory: join(directory, 'run'),
        seed: 20_261_123,
        durationMs: 60_000,
        eventsPerSecond: 3000,
        writers: 4,
        duplicates: 0.2,
        failpoints: REACHABLE_FAILPOINTS,
        leastKills: REACHABLE_FAILPOINTS.length + 5,
        leastEvents: 15_000,
        stepPatienceMs: 6000,
        failpointShare: 0.2,
        killAfterMs: [300, 2500],
        prepare: keepEveryRow,
        receipts: 500,
        catchUpMs: 60_000,
        say: () => undefined,
      })
      process.stderr.write(`${describeReport(report)}\n`)
      expect(report.verdict.examples).toEqual([])
      expect(report.verdict).toMatchObject(CLEAN)
      expect(report.surprises).toEqual([])
      expect(report.ownEnds).toEqual([])
      expect(report.missingSteps).toEqual([])
      expect(report.clean).toBe(true)
      // The run must have been worth its name.
      expect(report.verdict.ok).toBeGreaterThan(10_000)
      expect(report.verdict.letters).toBeGreaterThan(0)
      expect(report.verdict.receiptsAsked).toBeGreaterThan(300)
      expect(report.events.answeredSends).toBeLessThan(report.events.sends)
    },
  )
})

describe('a safety layer', () => {
  beforeEach(async () => {
    story = await createCrashStory({ args, directory, seed: 99 })
    await story.keepEveryRow()
  })
  afterEach(() => story.close())

  const without = (layer: string) => ({ PENSTOCK_TEST: '1', PENSTOCK_TEST_UNSAFE: layer })

  /** Two copies of one event, the second accepted but not yet planned when the process dies. */
  const copyAcrossACrash = async (env: Record<string, string>) => {
    await story.start(env)
    const events = story.newEvents(50)
    await story.send(events)
    await story.counted()
    await story.kill()
    // Before the plan of the second body: the cold stage will have to read it from the log again.
    await story.startToDieAt('cold.6.before_plan', env)
    expect(await story.send([...events, ...story.newEvents(5)])).not.toBe('refused')
    await story.died()
    await story.start(env)
    await story.send(story.newEvents(1))
    return story.judge()
  }

  it('two copies of one event across a crash are stored once', async () => {
    expect(await copyAcrossACrash({})).toMatchObject({ ...CLEAN, clean: true })
  })

  it('position_owner: without it two copies of one event across a crash are stored twice', async () => {
    const verdict = await copyAcrossACrash(without('position_owner'))
    expect(verdict.clean).toBe(false)
    expect(verdict.duplicated).toBeGreaterThan(0)
  })

  /** Dies when the rows stand in the cold store, and the state row does not know yet. */
  const deathAfterTheInsert = async (env: Record<string, string>) => {
    await story.startToDieAt('cold.8.after_inserts', env)
    await story.send(story.newEvents(200))
    await story.died()
    await story.start(env)
    await story.send(story.newEvents(1))
    return story.judge()
  }

  it('rows that stand in the store are not inserted again by a recovery', async () => {
    expect(await deathAfterTheInsert({})).toMatchObject({ ...CLEAN, clean: true })
  })

  it('missing_rows: without it a recovery doubles the rows', async () => {
    const verdict = await deathAfterTheInsert(without('missing_rows'))
    expect(verdict.clean).toBe(false)
    expect(verdict.duplicated).toBeGreaterThan(0)
  })

  /** Killed the moment an answer arrives, while others are under way; several times. */
  const killedRightAfterAnswers = async (env: Record<string, string>) => {
    for (let round = 0; round < 8; round++) {
      await story.start(env)
      const sends = Array.from({ length: 12 }, () => story.send(story.newEvents(400)))
      await Promise.race(sends)
      await story.kill()
      await Promise.all(sends)
    }
    await story.start()
    await story.send(story.newEvents(1))
    return story.judge()
  }

  it('what was answered survives a kill right after the answer', async () => {
    expect(await killedRightAfterAnswers({})).toMatchObject({ ...CLEAN, clean: true })
  })

  it('durable_before_202: without it a kill right after the answer loses events', async () => {
    const verdict = await killedRightAfterAnswers(without('durable_before_202'))
    expect(verdict.clean).toBe(false)
    expect(verdict.lost).toBeGreaterThan(0)
  })
})

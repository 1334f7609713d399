// The harness itself, on a small fake program: a correct one comes out clean, and each way of being wrong comes out red, by
// its own name. Without this a green crash run would prove nothing.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runTorture, type Fault, type TortureOptions, type TortureReport } from '../src/index.ts'

const FAKE = fileURLToPath(new URL('./fake-program.mjs', import.meta.url))

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'torture-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const torture = (fault: string, over: Partial<TortureOptions> = {}): Promise<TortureReport> =>
  runTorture({
    args: [FAKE],
    env: { FAKE_FAULT: fault },
    directory: join(directory, 'run'),
    seed: 7,
    durationMs: 1000,
    eventsPerSecond: 4000,
    writers: 3,
    duplicates: 0.2,
    failpoints: [],
    failpointShare: 0,
    leastKills: 2,
    leastEvents: 0,
    stepPatienceMs: 300,
    killAfterMs: [100, 600],
    receipts: 50,
    catchUpMs: 10_000,
    say: () => undefined,
    ...over,
  })

it('finds nothing wrong with a correct program that is killed again and again', async () => {
  const report = await torture('', {
    failpoints: ['ingest.before_append', 'ingest.after_append'],
    failpointShare: 0.3,
    leastKills: 10,
    // Something of every kind, however slow the machine: 5,000 events are some fifty steps of the workload.
    leastEvents: 5_000,
    conflicts: 0.3,
    stepPatienceMs: 5000,
  })
  expect(report.verdict.examples).toEqual([])
  expect(report.surprises).toEqual([])
  expect(report.ownEnds).toEqual([])
  expect(report.clean).toBe(true)
  expect(report.kills.total).toBeGreaterThanOrEqual(5)
  expect(Object.keys(report.kills.atStep).sort()).toEqual(['ingest.after_append', 'ingest.before_append'])
  expect(report.verdict.ok).toBeGreaterThan(500)
  // An answer cut off after the append: there, and nobody was told. Proves that kills hit bodies under way.
  expect(report.events.answeredSends).toBeLessThan(report.events.sends)
  expect(report.verdict.letters).toBeGreaterThan(0)
  expect(report.verdict.receiptsAsked).toBeGreaterThan(20)
})

it.each<[string, Fault]>([
  ['lose', 'lost'],
  ['early_answer', 'lost'],
  ['forget_conflict', 'lost'],
  ['duplicate', 'duplicated'],
  ['phantom', 'phantom'],
  ['corrupt', 'corrupted'],
  ['wrong_receipt', 'corrupted'],
])('goes red for a program that does "%s": %s', async (fault, kind) => {
  // Enough of everything that each fault shows, however slow the machine.
  const report = await torture(fault, { leastKills: 4, leastEvents: 5_000, conflicts: 0.3 })
  expect(report.clean).toBe(false)
  expect(report.verdict[kind]).toBeGreaterThan(0)
  expect(report.verdict.examples.map((example) => example.fault)).toContain(kind)
})

it('says which steps were never died at', async () => {
  const report = await torture('', { durationMs: 1, failpoints: ['cold.6.after_plan'] })
  expect(report.clean).toBe(false)
  expect(report.missingSteps).toEqual(['cold.6.after_plan'])
})

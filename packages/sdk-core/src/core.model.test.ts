// Random calls, answers and waits against a model that knows nothing of batches' inner life: what is queued, what was
// answered, and the sentences of the delivery rules. TEST_FULL=1 runs more of them.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createCore } from './core.ts'
import type { DropReason } from './event.ts'
import type { CoreOptions } from './options.ts'
import type { Answer, Store, StoredEvent } from './platform.ts'
import { createScriptedPlatform, type SentRequest } from './testing/scripted-platform.ts'

const RUNS = process.env['TEST_FULL'] === '1' ? 20_000 : 2_000

const ANSWERS = [
  'accept',
  'accept',
  'accept',
  'partial',
  '413',
  '401',
  '429',
  '500',
  '500',
  '503',
  '400',
  '422',
  'lost',
  'portal',
] as const
type AnswerName = (typeof ANSWERS)[number]

type Command =
  | { kind: 'track'; size: number; count: number }
  | { kind: 'answer'; which: number; how: AnswerName }
  | { kind: 'wait'; ms: number }
  | { kind: 'jump'; ms: number }
  | { kind: 'flush' | 'hold' | 'release' | 'settle' | 'restore' | 'fillDisk' | 'leave' }

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('track' as const),
      size: fc.nat(300),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      which: fc.nat(3),
      how: fc.constantFrom(...ANSWERS),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 1, 100, 1_000, 5_000, 40_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('jump' as const), ms: fc.integer({ min: -1e8, max: 1e8 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'flush' as const,
        'hold' as const,
        'release' as const,
        'settle' as const,
        'restore' as const,
        'fillDisk' as const,
        'leave' as const,
      ),
    }),
  },
)

const OPTIONS: CoreOptions = {
  enabled: true,
  flushIntervalMs: 1_000,
  maxBatchEvents: 8,
  maxBatchBytes: 2_000,
  maxQueueBytes: 8_000,
  maxInFlight: 3,
  requestTimeoutMs: 10_000,
}

/** Of a last request. */
const LAST_BYTES = 1_500

interface Sent {
  id: string
  [field: string]: unknown
}

/** One run: a core, its scripted world, and the model beside it. */
function createRun(maxInFlight: number) {
  const queued = new Map<string, string>() // id → text
  const ended = new Map<string, 'delivered' | DropReason>()
  const shown: string[] = [] // ids as onDrop said
  const last = new Set<string>() // bodies of last requests
  const bodies = new Map<string, string>() // ids of a batch → its bytes
  const errors = new Map<string, { count: number; passedBefore: number }>()
  const kept = new Set<string>() // what the store holds
  let diskFull = false
  let tracked = 0
  let held = false
  let passed = 0
  let failing = false
  let notBefore = 0
  let made = 0

  const store: Store = {
    append(event) {
      if (diskFull) return false
      event.ref = `ref ${event.id}`
      kept.add(event.id)
      return true
    },
    flush: () => undefined,
    remove: (events) => {
      for (const { id, ref } of events) {
        expect(ref).toBe(`ref ${id}`)
        expect(kept.delete(id)).toBe(true)
      }
    },
    survives: () => true,
  }
  const platform = createScriptedPlatform({ store })
  const core = createCore(platform, {
    ...OPTIONS,
    maxInFlight,
    onDrop: (events, reason) => {
      for (const { event_id } of events) {
        shown.push(event_id)
        if (reason === 'queue_full') continue
        end(event_id, reason)
      }
    },
  })

  function end(id: string, how: 'delivered' | DropReason): void {
    expect(queued.has(id), `${id} is queued`).toBe(true)
    queued.delete(id)
    ended.set(id, how)
  }
  const idsOf = (request: SentRequest) =>
    (JSON.parse(request.body) as { event_id: string }[]).map(({ event_id }) => event_id)

  // What throws inside send() is an answer to the core; it must not get lost there.
  const problems: unknown[] = []
  platform.onSend = (request) => {
    try {
      checkSent(request)
    } catch (problem) {
      problems.push(problem)
    }
  }
  function checkSent(request: SentRequest): void {
    const ids = idsOf(request)
    const others = platform.open.slice(0, -1)
    // The store keeps everything here: no last request has to break a pause.
    if (request.isLast) {
      expect(request.body.length).toBeLessThanOrEqual(LAST_BYTES)
      expect(platform.clock.elapsed()).toBeGreaterThanOrEqual(notBefore)
    } else {
      expect(held, 'sends nothing while held').toBe(false)
      expect(others.length).toBeLessThan(failing ? 1 : maxInFlight)
      expect(platform.clock.elapsed(), 'waits as long as it was asked to').toBeGreaterThanOrEqual(notBefore)
      if (!last.has(request.body)) expect(ids.length).toBeLessThanOrEqual(OPTIONS.maxBatchEvents)
      if (ids.length > 1) expect(request.body.length).toBeLessThanOrEqual(OPTIONS.maxBatchBytes)
    }
    if (request.isLast) last.add(request.body)
    expect(new Set(ids).size).toBe(ids.length)
    for (const other of others) for (const id of idsOf(other)) expect(ids).not.toContain(id)
    // Byte-identical, in the order of the calls, and never what is settled already (unless somebody else settled it).
    const key = ids.join()
    expect(bodies.get(key) ?? request.body).toBe(request.body)
    bodies.set(key, request.body)
    expect([...ids].sort()).toEqual(ids)
    for (const text of ids.map((id) => queued.get(id)))
      if (text !== undefined) expect(request.body).toContain(text)
    expect(
      ids.some((id) => queued.has(id)),
      'sends nothing that is settled',
    ).toBe(true)
  }

  function answer(request: SentRequest, how: AnswerName): void {
    // That a last request has no answer says nothing.
    if (request.isLast && how === 'lost') {
      request.answer({ status: 0 })
      return
    }
    const ids = idsOf(request)
    const left = ids.filter((id) => queued.has(id))
    const now = platform.clock.elapsed()
    const retry = (status: number, afterMs = 0): Answer => {
      failing = true
      notBefore = Math.max(notBefore, now + afterMs)
      return { status, retryAfter: afterMs > 0 ? String(afterMs / 1000) : null }
    }
    const accept = (refused: string[]): Answer => {
      failing = false
      passed++
      for (const id of left) if (!refused.includes(id)) end(id, 'delivered')
      const rejected = refused.map((id) => ({
        index: ids.indexOf(id),
        event_id: id,
        code: 'id_illegal',
        message: '',
      }))
      return { status: 202, body: JSON.stringify({ accepted: ids.length - refused.length, rejected }) }
    }
    const answers: Record<AnswerName, () => Answer> = {
      accept: () => accept([]),
      partial: () => accept(ids.filter((_, at) => at % 3 === 1)),
      '413': () => ({ status: 413 }),
      '401': () => {
        failing = true
        notBefore = Math.max(notBefore, now + 300_000)
        return { status: 401, body: '{"code":"key_unknown"}' }
      },
      '429': () => retry(429, 7_000),
      '500': () => {
        const known = errors.get(request.body) ?? { count: 0, passedBefore: passed }
        errors.set(request.body, { ...known, count: known.count + 1 })
        if (passed === known.passedBefore) return retry(500)
        return { status: 500 }
      },
      '503': () => retry(503),
      '400': () => ({ status: 400, body: '{"code":"body_not_json"}' }),
      '422': () => ({
        status: 422,
        body: JSON.stringify({
          accepted: 0,
          rejected: ids.map((id, index) => ({ index, event_id: id, code: 'id_illegal' })),
        }),
      }),
      lost: () => retry(0),
      portal: () => ({ ...retry(200), body: '<html>' }),
    }
    const before = shown.length
    request.answer(answers[how]())
    checks.push(() => {
      const told = shown.slice(before)
      const dropped = left.filter((id) => told.includes(id))
      if (how === '400' || how === '422') expect(dropped).toEqual(left)
      else if (how === '413') expect(dropped).toEqual(ids.length === 1 ? left : [])
      else if (how === '500' && dropped.length > 0) {
        const { count, passedBefore } = errors.get(request.body)!
        expect(ids).toHaveLength(1)
        expect(count).toBeGreaterThanOrEqual(10)
        expect(passed).toBeGreaterThan(passedBefore)
        expect(ended.get(ids[0]!)).toBe('attempts_exhausted')
      } else if (how !== 'partial') expect(dropped).toEqual([])
    })
  }
  const checks: (() => void)[] = []

  function check(): void {
    if (problems.length > 0) throw problems[0] as Error
    for (const each of checks.splice(0)) each()
    const { tracked: counted, delivered, queued: waiting, queuedBytes, dropped } = core.stats()
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0)
    expect(counted).toBe(tracked)
    expect(counted).toBe(delivered + waiting + lost)
    expect(waiting).toBe(queued.size)
    expect(delivered).toBe([...ended.values()].filter((how) => how === 'delivered').length)
    expect(queuedBytes).toBe([...queued.values()].reduce((sum, text) => sum + text.length, 0))
    expect(shown).toHaveLength(lost)
    expect(kept.size).toBe(queued.size)
    expect(
      core
        .unsent()
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...queued.keys()].sort())
    expect(platform.warnings.filter((warning) => warning.startsWith('callback'))).toEqual([])
  }

  function track(size: number): void {
    const id = `0190a1b2-0000-7000-8000-${(made++).toString(16).padStart(12, '0')}`
    const properties = { text: 'x'.repeat(size) }
    const bytes = core.stats().queuedBytes
    const taken = core.enqueue({ type: 'track', event: 'e', user_id: 'u', event_id: id, properties })
    properties.text = 'changed later'
    tracked++
    if (taken) {
      const stored = core.unsent().find((event) => event.id === id)!
      expect((JSON.parse(stored.text) as Sent)['properties']).toEqual({ text: 'x'.repeat(size) })
      queued.set(id, stored.text)
      expect(bytes + stored.bytes).toBeLessThanOrEqual(OPTIONS.maxQueueBytes)
    } else {
      expect(shown.at(-1)).toBe(id)
      expect(diskFull || bytes + size + 100 > OPTIONS.maxQueueBytes - 100).toBe(true)
    }
  }

  async function run(next: Command): Promise<void> {
    if (next.kind === 'track') for (let at = 0; at < next.count; at++) track(next.size)
    else if (next.kind === 'answer') {
      const request = platform.open[next.which % Math.max(1, platform.open.length)]
      if (request !== undefined) answer(request, next.how)
    } else if (next.kind === 'wait') await platform.advance(next.ms)
    else if (next.kind === 'jump') platform.clock.jump(next.ms)
    else if (next.kind === 'flush') void core.flush(5_000)
    else if (next.kind === 'hold') {
      held = true
      core.hold(true)
    } else if (next.kind === 'release') {
      held = false
      core.hold(false)
    } else if (next.kind === 'leave') core.leave(LAST_BYTES)
    else if (next.kind === 'fillDisk') diskFull = !diskFull
    else if (next.kind === 'settle') {
      const some = core
        .unsent()
        .slice(0, 4)
        .map(({ id }) => id)
      for (const id of some) end(id, 'delivered')
      core.settle([...some, 'unknown'], 'delivered')
    } else restore()
    await platform.advance(0)
  }

  function restore(): void {
    const found: StoredEvent[] = core.unsent().slice(0, 2) // known already
    for (let at = 0; at < 3; at++) {
      const id = `0190a1b2-0000-7000-8000-${(made++).toString(16).padStart(12, '0')}`
      const text = JSON.stringify({ event_id: id, type: 'track', event: 'old', user_id: 'u' })
      found.push({ id, text, bytes: text.length, ref: `ref ${id}` })
      kept.add(id)
      queued.set(id, text)
      tracked++
    }
    core.restore(found)
  }

  async function drain(): Promise<void> {
    core.hold(false)
    held = false
    for (let round = 0; round < 300 && queued.size > 0; round++) {
      for (const request of [...platform.open]) answer(request, 'accept')
      await platform.advance(round < 3 ? 301_000 : 1_000)
      check()
    }
    expect(queued.size, 'everything is delivered in the end').toBe(0)
    await platform.advance(301_000)
    expect(platform.clock.timers(), 'an empty queue has no timers').toBe(0)
    const report = await core.shutdown(1_000)
    expect(report).toMatchObject({ remaining: 0, kept: 0, inDoubt: 0 })
  }
  return { run, check, drain }
}

it(`keeps its rules over ${RUNS} random runs`, { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { minLength: 5, maxLength: 40 }),
      fc.constantFrom(1, 3),
      async (commands, maxInFlight) => {
        const run = createRun(maxInFlight)
        for (const next of commands) {
          await run.run(next)
          run.check()
        }
        await run.drain()
      },
    ),
    { numRuns: RUNS },
  )
})

import { PipelineError } from '@penstock/pipeline'
import { partitionOf } from '@penstock/contract/stream'
import { describe, expect, it } from 'vitest'
import { DAY, NOW, createHarness, event, eventId, iso } from './testing/ingest-harness.ts'
import { createIngest } from './ingest.ts'

/** Lets everything that can run without a held append run. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Numbers of events in each of two partitions. */
const [here, there] = [0, 1].map((wanted) =>
  Array.from({ length: 20 }, (_, index) => index + 1).filter(
    (number) => partitionOf('dev', Buffer.from(eventId(number).replaceAll('-', ''), 'hex'), 0, 2) === wanted,
  ),
) as [number[], number[]]

const many = (count: number, from = 0): object[] =>
  Array.from({ length: count }, (_, index) => event({}, from + index + 1))

describe('durability', () => {
  it('answers only when the append has resolved, with the log time of it', async () => {
    const harness = createHarness({ logTime: () => NOW + 77 })
    const release = harness.hold()
    let answered = false
    const pending = harness.answer([event()]).finally(() => (answered = true))
    await settle()
    expect(answered).toBe(false)
    expect(harness.ingest.queueBytes()).toBeGreaterThan(0)
    release()
    expect((await pending).accepted_at).toBe(iso(NOW + 77))
    expect(harness.ingest.queueBytes()).toBe(0)
  })
  it('answers only when the parts in all partitions are durable, with the highest log time', async () => {
    let time = 0
    const harness = createHarness({ partitions: 4, logTime: () => NOW + ++time })
    const { accepted_at, accepted } = await harness.answer(many(100))
    expect(accepted).toBe(100)
    expect(new Set(harness.chunks.map(({ partition }) => partition)).size).toBe(4)
    expect(accepted_at).toBe(iso(NOW + harness.chunks.length))
    for (const { partition, bytes } of harness.chunks) {
      const alone = createHarness()
      alone.chunks.push({ partition, bytes })
      for (const one of alone.events()) expect(partitionOf('dev', one.eventId, 0, 4)).toBe(partition)
    }
  })
  it('does not wait when durable-before-202 is switched off', async () => {
    const harness = createHarness({ durableBefore202: false })
    harness.hold()
    expect(await harness.answer([event()])).toMatchObject({ status: 202 })
    expect(harness.chunks).toHaveLength(0)
  })
  it.each([
    ['full', 'overloaded'],
    ['overloaded', 'overloaded'],
    ['unavailable', 'not_durable'],
    ['outcome_unknown', 'not_durable'],
    ['rejected', 'not_durable'],
    ['corrupt', 'not_durable'],
  ] as const)('a log that fails with %s is %s with Retry-After, and later it works', async (kind, code) => {
    const harness = createHarness()
    const error = new PipelineError(kind, 'log', 'no')
    harness.failWith(error)
    const outcome = await harness.send([event()])
    expect(outcome).toMatchObject({ kind: 'refused', code })
    expect((outcome as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(0)
    expect(harness.errors).toEqual([error])
    expect(harness.ingest.queueBytes()).toBe(0)
    harness.failWith(null)
    expect(await harness.answer([event()])).toMatchObject({ accepted: 1 })
  })
  it('a log that throws something else is not durable either', async () => {
    const harness = createHarness()
    harness.failWith(new TypeError('bug'))
    expect(await harness.send([event()])).toMatchObject({ code: 'not_durable' })
    expect(
      await harness.ingest.replay({
        projectId: 'dev',
        bytes: Buffer.from(JSON.stringify(event())),
        receivedAt: NOW,
      }),
    ).toMatchObject({ kind: 'refused', code: 'not_durable' })
  })
  it('passes the failpoints around the append', async () => {
    const passed: string[] = []
    const { log, chunks } = createHarness()
    const ingest = createIngest(
      { log, clock: () => NOW, failpoint: (name) => passed.push(`${name} ${chunks.length}`) },
      { maxInflightBytes: 1_000_000, durableBefore202: true },
    )
    await ingest.ingest({
      requestId: 'r',
      projectId: 'dev',
      road: 'ingest',
      contentType: undefined,
      contentEncoding: undefined,
      body: Buffer.from(JSON.stringify(event())),
    })
    expect(passed).toEqual(['ingest.before_append 0', 'ingest.after_append 1'])
  })
})

describe('group commit', () => {
  it('joins requests that wait into one chunk, in order', async () => {
    const harness = createHarness()
    await Promise.all(Array.from({ length: 50 }, (_, index) => harness.answer(event({}, index + 1))))
    expect(harness.chunks).toHaveLength(1)
    expect(harness.events().map(({ eventId: id }) => Buffer.from(id).readUInt32BE(12))).toEqual(
      Array.from({ length: 50 }, (_, index) => index + 1),
    )
  })
  it('puts at most 500 events and 512 KiB into a chunk', async () => {
    const harness = createHarness()
    await harness.answer(many(2_500))
    expect(harness.chunks).toHaveLength(5)
    harness.chunks.length = 0
    await harness.answer(
      Array.from({ length: 30 }, (_, index) => event({ properties: { x: 'x'.repeat(32_000) } }, index)),
    )
    expect(harness.events()).toHaveLength(30)
    expect(harness.chunks).toHaveLength(2)
    for (const { bytes } of harness.chunks) expect(bytes.length).toBeLessThanOrEqual(524_288)
  })
  it('fails only the requests that have events in a chunk that failed', async () => {
    const harness = createHarness({ partitions: 2 })
    const numbers = [...here, ...there]
    expect(Math.min(here.length, there.length)).toBeGreaterThan(1)
    harness.failWith(new PipelineError('unavailable', 'log', 'no'), 1)
    const of = (list: number[]) => harness.send(list.map((number) => event({}, number)))
    expect(await Promise.all([of(here), of(there), of(numbers)])).toMatchObject([
      { status: 202 },
      { code: 'not_durable' },
      { code: 'not_durable' },
    ])
    harness.failWith(null)
    expect(await of(numbers)).toMatchObject({ status: 202, accepted: 20 })
  })
  it('answers of one partition while another holds up the round, and sends what waited when that one is late', async () => {
    const harness = createHarness({ partitions: 2 })
    const of = (list: number[]) => harness.send(list.map((number) => event({}, number)))
    const release = harness.hold(1)
    const late = of(there)
    expect(await of(here)).toMatchObject({ status: 202 })
    // The next round waits for the other partition, but not for ever.
    expect(await of(here)).toMatchObject({ status: 202 })
    expect(await of(here)).toMatchObject({ status: 202 })
    expect(harness.chunks.map(({ partition }) => partition)).toEqual([0, 0, 0])
    release()
    expect(await late).toMatchObject({ status: 202 })
  })
  it('keeps projects, roads and bytes apart', async () => {
    const harness = createHarness()
    const [a, b] = [JSON.stringify(event({}, 1)), JSON.stringify(event({ seq: 1 }, 2))]
    await Promise.all([
      harness.send(` [ ${a} ,\n${b}]`, { projectId: 'one' }),
      harness.send(b, { projectId: 'zwei-ö', road: 'import' }),
    ])
    expect(harness.chunks).toHaveLength(1)
    expect(
      harness.events().map(({ projectId, road, bytes }) => [projectId, road, Buffer.from(bytes).toString()]),
    ).toEqual([['one', 'ingest', a], ['one', 'ingest', b], ['zwei-ö', 'import', b]]) // prettier-ignore
  })
})

describe('bounds', () => {
  it('refuses what would exceed the bytes in flight at once, and takes it when there is room', async () => {
    const body = Buffer.from(JSON.stringify(event()))
    const harness = createHarness({ maxInflightBytes: body.length * 2 })
    const release = harness.hold()
    const inside = [harness.send(body), harness.send(body)]
    expect(await harness.send(body)).toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 })
    expect(harness.ingest.queueBytes()).toBe(body.length * 2)
    release()
    expect(await Promise.all(inside)).toMatchObject([{ status: 202 }, { status: 202 }])
    expect(await harness.send(body)).toMatchObject({ status: 202 })
  })
  it('drains: what is inside finishes, what comes later is refused', async () => {
    const harness = createHarness()
    const release = harness.hold()
    const inside = harness.send([event()])
    let drained = false
    const drain = harness.ingest.drain().then(() => (drained = true))
    expect(await harness.send([event()])).toMatchObject({ code: 'shutting_down', retryAfterSeconds: 1 })
    await settle()
    expect(drained).toBe(false)
    release()
    await drain
    expect(await inside).toMatchObject({ status: 202 })
    await harness.ingest.drain()
  })
  it('drains what waits for the next round, although a partition fails in this one', async () => {
    const harness = createHarness({ partitions: 2 })
    const of = (list: number[]) => harness.send(list.map((number) => event({}, number)))
    const release = harness.hold()
    const first = [of(here), of(there)]
    await settle()
    const waiting = [of(here), of(there)]
    harness.failWith(new PipelineError('unavailable', 'log', 'no'), 1)
    const drain = harness.ingest.drain()
    release()
    await drain
    const outcomes = [{ status: 202 }, { code: 'not_durable' }]
    expect(await Promise.all(first)).toMatchObject(outcomes)
    expect(await Promise.all(waiting)).toMatchObject(outcomes)
    expect(harness.ingest.queueBytes()).toBe(0)
  })
  it('counts by type and by code', async () => {
    const { send } = createHarness()
    const list = [event(), event({ type: 'page' }, 2), event({ type: 'page' }, 3), 5, {}, {}]
    const outcome = await send(list)
    expect(outcome).toMatchObject({
      received: 6,
      accepted: 3,
      acceptedByType: { track: 1, page: 2, alias: 0 },
    })
    expect(outcome.kind === 'answered' && [...outcome.rejectedByCode]).toEqual([['event_not_object', 1], ['event_id_missing', 2]]) // prettier-ignore
  })
})

describe('replay', () => {
  const bytes = Buffer.from(JSON.stringify(event({ timestamp: iso(NOW - 400 * DAY) })))
  const input = { projectId: 'dev', bytes, receivedAt: NOW - 399 * DAY }

  it('appends one event with road replay, the time it had, and its time of receipt', async () => {
    const harness = createHarness()
    expect(await harness.ingest.replay({ ...input, eventTime: 123 })).toEqual({ kind: 'appended' })
    expect(await harness.ingest.replay(input)).toEqual({ kind: 'appended' })
    expect(harness.events()).toMatchObject([
      { road: 'replay', receivedAt: input.receivedAt, eventTime: 123 },
      { road: 'replay', receivedAt: input.receivedAt, eventTime: NOW - 400 * DAY },
    ])
    expect(Buffer.from(harness.events()[0]?.bytes ?? [])).toEqual(bytes)
  })
  it('refuses what ingest would refuse, with the code and the field', async () => {
    const { ingest } = createHarness()
    const replay = (body: object | string) =>
      ingest.replay({ ...input, bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) })
    expect(await replay(event({ user_id: 'null' }))).toMatchObject({ code: 'id_illegal', field: 'user_id' })
    expect(await replay(event({ timestamp: iso(NOW) }))).toMatchObject({ code: 'timestamp_in_future' })
    expect(await replay(event({ event_id: eventId(1).slice(1) }))).toMatchObject({ code: 'event_id_invalid' })
    expect(await replay('[1]')).toMatchObject({ code: 'event_not_object' })
    expect(await replay('{')).toMatchObject({ code: 'body_not_json' })
    await ingest.drain()
    expect(await replay(event())).toMatchObject({ code: 'shutting_down' })
  })
})

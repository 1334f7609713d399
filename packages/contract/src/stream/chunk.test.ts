import { describe, expect, it } from 'vitest'
import { ChunkBuilder, type ChunkEvent, ChunkUnreadableError, chunkEventBytes, decodeChunk } from './chunk.ts'
import { partitionOf } from './partition.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const event = (number: number, fields: Partial<ChunkEvent> = {}): ChunkEvent => ({
  projectId: 'dev',
  eventId: Uint8Array.from({ length: 16 }, (_, index) => index + number),
  receivedAt: 1_795_341_600_000 + number,
  eventTime: 1_795_341_500_000.5 - number,
  road: 'ingest',
  bytes: bytesOf(`{"n":${number}}`),
  ...fields,
})
const plain = (events: ChunkEvent[]) =>
  events.map((one) => ({ ...one, eventId: [...one.eventId], bytes: new TextDecoder().decode(one.bytes) }))

function chunkOf(events: ChunkEvent[]): Buffer {
  const builder = new ChunkBuilder()
  for (const one of events) builder.add(one)
  return builder.finish()
}

describe('chunk', () => {
  it('has the bytes that every release reads (version 1)', () => {
    const chunk = chunkOf([event(1), event(2, { projectId: 'ö', road: 'replay' })])
    expect(chunk.toString('hex')).toBe(
      [
        '01 01 0200 0200', '03 646576', '02 c3b6',
        '0102030405060708090a0b0c0d0e0f10', '0010502c2b207a42',
        '00f8e5132b207a42', '0000', '00', '00', '00000000', '07000000', '000000000000',
        '02030405060708090a0b0c0d0e0f1011', '0020502c2b207a42', '00e8e5132b207a42',
        '0100', '02', '00', '07000000', '07000000', '000000000000',
        Buffer.from('{"n":1}{"n":2}').toString('hex'),
      ].join('').replaceAll(' ', ''), // prettier-ignore
    )
  })
  it('gives back what was added', () => {
    const events = Array.from({ length: 500 }, (_, number) =>
      event(number % 200, {
        projectId: `p${number % 3}`,
        road: (['ingest', 'import', 'replay'] as const)[number % 3] ?? 'ingest',
      }),
    )
    expect(plain(decodeChunk(chunkOf(events)))).toEqual(plain(events))
    expect(decodeChunk(chunkOf([]))).toEqual([])
  })
  it('copies neighbours together and still tells them apart', () => {
    const source = bytesOf('[ {"a":1} ,\n{"b":2},{"c":3}                          , {"d":4}]')
    const text = new TextDecoder().decode(source)
    const builder = new ChunkBuilder()
    const wanted = ['{"a":1}', '{"b":2}', '{"c":3}', '{"d":4}', '{"a":1}']
    for (const json of wanted) {
      const start = text.indexOf(json)
      builder.addPacked({
        projectId: 'dev',
        ids: event(1).eventId,
        idOffset: 0,
        receivedAt: 1,
        eventTime: 2,
        road: 'ingest',
        source,
        start,
        end: start + json.length,
      })
    }
    const { bytes } = builder
    const chunk = builder.finish()
    expect(chunk.length).toBe(bytes)
    expect(decodeChunk(chunk).map((one) => new TextDecoder().decode(one.bytes))).toEqual(wanted)
  })
  it('never exceeds what chunkEventBytes says of an event', () => {
    const builder = new ChunkBuilder()
    for (let number = 0; number < 50; number++) {
      const before = builder.bytes
      const one = event(number, { projectId: 'x'.repeat(number * 5) })
      builder.add(one)
      expect(builder.bytes - before).toBeLessThanOrEqual(chunkEventBytes(one.bytes.length))
    }
  })
  it('refuses one event too many and a project id that does not fit', () => {
    const builder = new ChunkBuilder(2)
    builder.add(event(1))
    builder.add(event(2))
    expect(() => builder.add(event(3))).toThrow(RangeError)
    expect(() => chunkOf([event(1, { projectId: 'x'.repeat(256) })])).toThrow(RangeError)
  })
  it('a builder is empty after finish, and the chunk it gave out does not change', () => {
    const builder = new ChunkBuilder()
    builder.add(event(1))
    const first = builder.finish()
    const copy = Buffer.from(first)
    builder.add(event(2, { projectId: 'other' }))
    expect(plain(decodeChunk(builder.finish()))).toEqual(plain([event(2, { projectId: 'other' })]))
    expect(first).toEqual(copy)
  })
  it('that is cut anywhere is unreadable, never shorter', () => {
    const whole = chunkOf([event(1), event(2)])
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeChunk(whole.subarray(0, length)), String(length)).toThrow(ChunkUnreadableError)
    }
  })
  it('of an unknown version, kind, project or road is unreadable', () => {
    for (const [at, value] of [
      [0, 2],
      [0, 0],
      [1, 2],
      [6 + 4 + 32, 9],
      [6 + 4 + 34, 3],
    ] as const) {
      // prettier-ignore
      const chunk = chunkOf([event(1)])
      chunk[at] = value
      expect(() => decodeChunk(chunk), String(at)).toThrow(ChunkUnreadableError)
    }
  })
})

describe('partitionOf', () => {
  it('is a stored fact', () => {
    const ids = event(1).eventId
    expect([1, 2, 4, 64].map((partitions) => partitionOf('dev', ids, 0, partitions))).toEqual([0, 0, 0, 44])
  })
  it('spreads ids and depends on the project', () => {
    const counts = [0, 0, 0, 0]
    for (let number = 0; number < 200; number++) {
      const at = partitionOf(`p${number}`, event(number % 7).eventId, 0, 4)
      counts[at] = (counts[at] ?? 0) + 1
    }
    for (const count of counts) expect(count).toBeGreaterThan(20)
  })
})

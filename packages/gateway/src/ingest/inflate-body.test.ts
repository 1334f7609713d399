import { randomBytes } from 'node:crypto'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createHarness, event, eventId } from './testing/ingest-harness.ts'

const { send, answer } = createHarness()
const gzip = { contentEncoding: 'gzip' }

async function codeOf(body: Buffer, contentEncoding: string): Promise<string> {
  const outcome = await send(body, { contentEncoding })
  return outcome.kind === 'refused' ? outcome.code : String(outcome.status)
}

/** A list with one event and incompressible stuff beside it, of exactly so many bytes. */
function listOf(bytes: number): Buffer {
  const head = `[${JSON.stringify(event())},"`
  const noise = randomBytes(bytes)
    .toString('base64')
    .slice(0, Math.min(600_000, bytes - head.length - 2))
  return Buffer.from(head + noise + ' '.repeat(bytes - head.length - 2 - noise.length) + '"]')
}

describe('compressed bodies', () => {
  it('are read from gzip, deflate and bare deflate, small and large, in any case', async () => {
    for (const list of [Buffer.from(JSON.stringify([event()])), listOf(300_000), listOf(900_000)]) {
      for (const [body, encoding] of [
        [gzipSync(list), 'gzip'],
        [gzipSync(list), ' GZIP '],
        [deflateSync(list), 'deflate'],
        [deflateRawSync(list), 'deflate'],
      ] as const) {
        expect(await codeOf(body, encoding)).toBe('202')
      }
    }
  })
  it('of several gzip members are one body', async () => {
    const [a, b] = [`[${JSON.stringify(event())},`, `${JSON.stringify(event({}, 2))}]`]
    const body = Buffer.concat([gzipSync(a), gzipSync(b)])
    expect(await answer(body, gzip)).toMatchObject({ accepted: 2 })
  })
  it('of other encodings are refused with those we read', async () => {
    for (const contentEncoding of ['br', 'zstd', 'gzip, gzip', 'compress', 'identity', 'x']) {
      expect(await send('[]', { contentEncoding })).toMatchObject({
        code: 'encoding_unsupported',
        headers: { 'Accept-Encoding': 'gzip, deflate' },
      })
    }
  })
  it('that do not decompress are refused', async () => {
    const whole = gzipSync(JSON.stringify([event()]))
    const large = gzipSync(listOf(700_000))
    for (const body of [
      Buffer.from('[]'),
      whole.subarray(0, -9),
      whole.subarray(0, 12),
      large.subarray(0, 400_000),
    ]) {
      expect(await codeOf(body, 'gzip')).toBe('body_not_decodable')
      expect(await codeOf(body, 'deflate')).toBe('body_not_decodable')
    }
    const damaged = Buffer.from(whole)
    damaged[20] = (damaged[20] as number) ^ 0xff
    expect(await codeOf(damaged, 'gzip')).toBe('body_not_decodable')
  })
  it('may decode to 4 MiB and not a byte more', async () => {
    expect(await codeOf(gzipSync(listOf(4_194_304)), 'gzip')).toBe('202')
    expect(await codeOf(gzipSync(listOf(4_194_305)), 'gzip')).toBe('decoded_body_too_large')
    expect(await codeOf(deflateSync(listOf(4_194_305)), 'deflate')).toBe('decoded_body_too_large')
  })
  it('may decode to 100 bytes per byte sent and not more', async () => {
    // Random text in front makes the compressed body as large as the ratio needs.
    const padded = (zeros: number): Buffer => {
      const text = Buffer.from(`[${JSON.stringify(event())}${' '.repeat(zeros)}]`)
      return gzipSync(text, { level: 9 })
    }
    let low = 0
    let high = 200_000
    const fits = (zeros: number): boolean => {
      const body = padded(zeros)
      return body.readUInt32LE(body.length - 4) <= body.length * 100
    }
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (fits(middle)) low = middle
      else high = middle
    }
    expect(await codeOf(padded(low), 'gzip')).toBe('202')
    expect(await codeOf(padded(high), 'gzip')).toBe('decoded_body_too_large')
  })
  it('that lie about their size are read as what they are', async () => {
    for (const size of [0, 256, 4_000_000_000]) {
      for (const list of [Buffer.from(JSON.stringify([event()])), listOf(500_000)]) {
        // What follows a member and begins with 0 is padding to zlib, and stands where the trailer's size is looked for.
        const tail = Buffer.alloc(4)
        tail.writeUInt32LE(size)
        expect(await codeOf(Buffer.concat([gzipSync(list), tail]), 'gzip')).toBe('202')
      }
    }
  })
  it('that are bombs are refused before they are inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000))
    expect(await codeOf(bomb, 'gzip')).toBe('decoded_body_too_large')
    expect(await codeOf(deflateSync(Buffer.alloc(100_000_000)), 'deflate')).toBe('decoded_body_too_large')
    const twice = gzipSync(bomb)
    expect(await codeOf(twice, 'gzip')).not.toBe('202')
  })
  it('keep the bytes of their events', async () => {
    const harness = createHarness()
    const list = [event({ properties: { ö: '😀' } }), event({}, 2)]
    await harness.answer(gzipSync(JSON.stringify(list)), gzip)
    expect(harness.events().map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(
      list.map((one) => JSON.stringify(one)),
    )
    expect(harness.events().map(({ eventId: id }) => Buffer.from(id).toString('hex'))).toEqual(
      [1, 2].map((number) => eventId(number).replaceAll('-', '')),
    )
  })
})

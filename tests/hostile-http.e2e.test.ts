// Hostile bodies and sockets against the built program: it answers each in its own words (2xx or 4xx), never with a 5xx,
// never by falling over, and its memory stays bounded.
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Agent } from 'undici'
import {
  builtProgram,
  createEventMaker,
  createRandom,
  DEV_KEYS,
  freePort,
  launch,
  type Json,
  type Program,
  type Random,
} from '@penstock/test-kit'

const FULL = process.env['TEST_FULL'] === '1'
const MIB = 1_048_576
const maker = createEventMaker(3, Date.now())

let directory: string
let program: Program
let url: string
let port: number
let agent: Agent
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'penstock-hostile-'))
  port = await freePort()
  url = `http://127.0.0.1:${port}`
  agent = new Agent({ connections: 8 })
  program = launch({
    args: [builtProgram(), 'dev'],
    url,
    env: {
      PENSTOCK_PORT: String(port),
      PENSTOCK_DATA_DIR: join(directory, 'data'),
      PENSTOCK_LOG_LEVEL: 'error',
    },
  })
  if ((await program.ready) === null) throw new Error(program.output())
})
afterAll(async () => {
  program.kill('SIGKILL')
  await program.exited
  await agent.close()
  await rm(directory, { recursive: true, force: true })
})

interface Posted {
  status: number
  text: string
}
async function post(body: Uint8Array, headers: Record<string, string> = {}): Promise<Posted> {
  const response = await agent.request({
    origin: url,
    path: '/events',
    method: 'POST',
    headers: { authorization: `Bearer ${DEV_KEYS.writeKey}`, 'content-type': 'application/json', ...headers },
    body,
  })
  return { status: response.statusCode, text: await response.body.text() }
}

const validBody = (number: number, count: number) =>
  JSON.stringify(Array.from({ length: count }, (_, index) => maker.fields(number + index, 0)))

/** Peak of the program's resident memory while `work` runs. */
async function peakRss(work: () => Promise<unknown>): Promise<number> {
  let peak = program.rssBytes()
  const watch = setInterval(() => (peak = Math.max(peak, program.rssBytes())), 50)
  await work().finally(() => clearInterval(watch))
  return peak
}

const healthy = async () => {
  expect(program.exit()).toBeNull()
  expect((await post(Buffer.from(validBody(900_000, 10)))).status).toBe(202)
}

describe('fuzzed bodies', () => {
  const FRAGMENTS = [
    '[',
    '{',
    ']',
    '}',
    ',',
    ':',
    '"',
    '\\',
    '\\u',
    '\\ud800',
    '1e999',
    '-',
    '-0',
    'null',
    'true',
    '__proto__',
    '\u0000',
    '[[[[[[[[[[[[[[[[[[[[',
    '{"a":'.repeat(40),
    '"event_id":"',
    '"timestamp":"9999-99-99T99:99:99Z"',
    '\uFEFF',
    '\n',
    '\r\n',
    '"sent_at":{}',
    '"events":',
    '123456789012345678901234567890',
    '"properties":[]',
    '\u2028',
    '"type":"alias"',
  ].map((text) => Buffer.from(text))
  FRAGMENTS.push(
    Buffer.from([0xff]),
    Buffer.from([0xc0, 0xaf]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.alloc(3000, 0x5b),
  )

  const ODD: Json[] = [
    null,
    '',
    ' ',
    0,
    -1,
    1.5,
    1e308,
    true,
    [],
    {},
    [[]],
    { a: { b: [] } },
    'null',
    'x'.repeat(300),
    '🎈'.repeat(200),
  ]
  ODD.push(
    '2026-11-24',
    '1969-12-31T23:59:59Z',
    '2026-11-24T10:00:00+24:00',
    new Date().toISOString(),
    '\u0000',
    ['track'],
    'alias',
  )
  const FIELDS = [
    'event_id',
    'type',
    'event',
    'name',
    'timestamp',
    'user_id',
    'anonymous_id',
    'previous_id',
    'group_id',
  ]
  FIELDS.push(
    'session_id',
    'seq',
    'properties',
    'traits',
    'context',
    'unknown',
    '__proto__',
    'constructor',
    '',
  )

  /** JSON of events, some with odd values in odd places. */
  const odd = (random: Random, number: number): Buffer => {
    const events = Array.from({ length: random.int(1, 6) }, (_, index) => {
      const event = maker.fields(number + index, 0)
      for (let changes = random.int(0, 2); changes > 0; changes--) {
        const value = random.pick(ODD)
        Object.defineProperty(event, random.pick(FIELDS), {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        })
      }
      return event
    })
    const whole = random.int(0, 5)
    if (whole === 0)
      return Buffer.from(JSON.stringify({ sent_at: random.pick(ODD), events, more: random.pick(ODD) }))
    return Buffer.from(JSON.stringify(whole === 1 ? events[0] : events))
  }

  const fuzzed = (random: Random, number: number): Buffer => {
    if (random.chance(0.5)) return odd(random, number)
    let body = Buffer.from(random.chance(0.1) ? '' : validBody(number, random.int(1, 6)))
    for (let changes = random.int(1, 6); changes > 0; changes--) {
      const at = random.int(0, body.length)
      const way = random.int(0, 3)
      if (way === 0 && body.length > 0) body[Math.min(at, body.length - 1)] = random.int(0, 255)
      else if (way === 1)
        body = Buffer.concat([body.subarray(0, at), random.pick(FRAGMENTS), body.subarray(at)])
      else if (way === 2)
        body = Buffer.concat([
          body.subarray(0, at),
          body.subarray(Math.min(body.length, at + random.int(1, 60))),
        ])
      else
        body = Buffer.concat([body.subarray(0, at), body.subarray(random.int(0, at), at), body.subarray(at)])
    }
    return body.subarray(0, 900_000)
  }

  const dressed = (random: Random, body: Buffer): [Buffer, Record<string, string>] => {
    const headers: Record<string, string> = {}
    const type = random.int(0, 9)
    if (type < 3) headers['content-type'] = 'application/x-ndjson'
    else if (type === 3) headers['content-type'] = 'text/plain'
    else if (type === 4)
      headers['content-type'] = random.pick(['text/html', 'a', 'application/json; charset=utf-16', ';'])
    const encoding = random.int(0, 9)
    if (encoding > 4) return [body, headers]
    if (encoding === 0)
      return [
        body,
        { ...headers, 'content-encoding': random.pick(['gzip', 'deflate', 'br', 'x', 'gzip, gzip']) },
      ]
    let packed = encoding < 3 ? gzipSync(body) : deflateSync(body)
    if (random.chance(0.4)) packed = packed.subarray(0, random.int(0, packed.length))
    if (random.chance(0.3) && packed.length > 0) packed[random.int(0, packed.length - 1)] = random.int(0, 255)
    return [packed, { ...headers, 'content-encoding': encoding < 3 ? 'gzip' : 'deflate' }]
  }

  it(
    'are each answered with a 2xx or 4xx that is JSON, in bounded memory',
    { timeout: 300_000 },
    async () => {
      const random = createRandom(20_261_123)
      const total = FULL ? 100_000 : 6000
      const statuses = new Map<number, number>()
      let next = 0
      const work = async () => {
        while (next < total) {
          const number = next++
          const [body, headers] = dressed(random, fuzzed(random, number * 10))
          const answer = await post(body, headers)
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
          const parsed = JSON.parse(answer.text) as Record<string, unknown>
          if (answer.status >= 500 || typeof parsed['request_id'] !== 'string') {
            throw new Error(
              `${answer.status} ${answer.text} for ${body.toString('base64')} ${JSON.stringify(headers)}`,
            )
          }
        }
      }
      const peak = await peakRss(() => Promise.all(Array.from({ length: 8 }, work)))
      process.stderr.write(
        `fuzzed bodies: ${JSON.stringify(Object.fromEntries(statuses))}, peak RSS ${Math.round(peak / MIB)} MiB\n`,
      )
      // Both sides of the border were reached.
      for (const status of [202, 400, 415, 422])
        expect(statuses.get(status) ?? 0, String(status)).toBeGreaterThan(100)
      expect(peak).toBeLessThan(900 * MIB)
      await healthy()
    },
  )
})

describe('bombs', () => {
  const many = (text: string, bytes: number) => Buffer.alloc(bytes, text)
  const BOMBS: [string, () => Buffer, Record<string, string>, number[]][] = [
    [
      '100 MiB of blanks in gzip',
      () => gzipSync(many(' ', 100 * MIB)),
      { 'content-encoding': 'gzip' },
      [413],
    ],
    [
      '100 MiB of blanks in deflate',
      () => deflateSync(many(' ', 100 * MIB)),
      { 'content-encoding': 'deflate' },
      [413],
    ],
    [
      'a thousand gzip members',
      () => Buffer.concat(Array<Buffer>(1000).fill(gzipSync(many(' ', 100_000)))),
      { 'content-encoding': 'gzip' },
      [400, 413],
    ],
    [
      'one byte past the decoded limit',
      () => gzipSync(randomJson(4 * MIB + 1)),
      { 'content-encoding': 'gzip' },
      [413],
    ],
    ['a megabyte of [', () => many('[', MIB), {}, [400]],
    ['a megabyte of {"a":', () => many('{"a":', MIB - (MIB % 5)), {}, [400]],
    [
      'a megabyte of keys in one object',
      () => Buffer.from(`[{${'"k":1,'.repeat(150_000)}"z":1}]`),
      {},
      [422],
    ],
    ['half a million empty objects', () => Buffer.from(`[${'{},'.repeat(340_000)}{}]`), {}, [413]],
    ['a megabyte of digits', () => Buffer.from(`[${'9'.repeat(MIB - 2)}]`), {}, [422]],
    ['a body past the limit', () => many('x', MIB + 1), {}, [413]],
  ]

  function randomJson(bytes: number): Buffer {
    const random = createRandom(1)
    const text = Buffer.alloc(bytes, 0x20)
    text[0] = 0x5b
    text[bytes - 1] = 0x5d
    // Noise keeps the ratio below the limit of 100, so that the size is what is refused.
    for (let at = 1; at < bytes - 1; at += 60) text[at] = random.pick([0x20, 0x0a, 0x0d, 0x09])
    return text
  }

  it.each(BOMBS)('%s: refused, in bounded memory', async (_, make, headers, statuses) => {
    const bomb = make()
    const peak = await peakRss(async () => {
      const answers = await Promise.all(
        Array.from({ length: 16 }, () =>
          post(bomb, headers).catch((error: unknown) => ({ status: 413, text: String(error) })),
        ),
      )
      for (const answer of answers) expect(statuses, answer.text.slice(0, 200)).toContain(answer.status)
    })
    expect(peak).toBeLessThan(900 * MIB)
    await healthy()
  })
})

describe('two thousand slow sockets', () => {
  it('are closed by the program, while a healthy client is served', { timeout: 120_000 }, async () => {
    const sockets: Socket[] = []
    const closed: Promise<void>[] = []
    for (let index = 0; index < 2000; index++) {
      const socket = connect(port, '127.0.0.1')
      closed.push(new Promise((resolve) => socket.once('close', () => resolve())))
      socket.on('error', () => undefined)
      socket.resume()
      const head = 'POST /events HTTP/1.1\r\nHost: a\r\n'
      const rest = `Authorization: Bearer ${DEV_KEYS.writeKey}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n[`
      socket.write(index % 2 === 0 ? head : head + rest)
      sockets.push(socket)
    }
    // One more byte now and then: slow, not silent.
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write(' ')
    }, 2000)
    try {
      const statuses = new Set<number>()
      for (let number = 0; number < 100; number++) {
        statuses.add((await post(Buffer.from(validBody(1_000_000 + number * 100, 100)))).status)
      }
      expect([...statuses]).toEqual([202])
      await Promise.all(closed)
      await healthy()
    } finally {
      clearInterval(drip)
      for (const socket of sockets) socket.destroy()
    }
  })
})

describe.runIf(FULL)('a million distinct event names and property keys', () => {
  it('keep memory and metrics bounded', { timeout: 900_000 }, async () => {
    const peak = await peakRss(async () => {
      for (let batch = 0; batch < 1000; batch += 4) {
        const bodies = [0, 1, 2, 3].map((offset) =>
          JSON.stringify(
            Array.from({ length: 1000 }, (_, index) => {
              const number = 10_000_000 + (batch + offset) * 1000 + index
              return {
                event_id: maker.id(number),
                type: 'track',
                event: `name ${number}`,
                user_id: 'u',
                properties: { [`key_${number}`]: number },
              }
            }),
          ),
        )
        const statuses = await Promise.all(bodies.map(async (body) => (await post(Buffer.from(body))).status))
        expect(statuses).toEqual([202, 202, 202, 202])
      }
    })
    process.stderr.write(`a million names: peak RSS ${Math.round(peak / MIB)} MiB\n`)
    expect(peak).toBeLessThan(1200 * MIB)
    const metrics = await agent.request({ origin: url, path: '/metrics', method: 'GET' })
    expect((await metrics.body.text()).length).toBeLessThan(200_000)
    await healthy()
  })
})

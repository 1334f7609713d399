// Hostile bodies: whatever is sent, the core neither throws nor stops, says 2xx or 4xx, keeps its account, and stores only
// bytes that are events. Seeded; a failure names its round.
import { CODES, type IngestResponse } from '@penstock/contract'
import { decodeEvent } from '@penstock/pipeline'
import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createBatch } from './batch.ts'
import { createEventScan } from './event-scan.ts'
import { readBody } from './read-body.ts'
import { createHarness, event } from './testing/ingest-harness.ts'
import { mutated, randomJson, randomPieces, seededRandom } from './testing/json-mutations.ts'

const ROUNDS = 20_000

describe('hostile bodies', () => {
  it(`${ROUNDS} generated ones: no throw, no 5xx, an account that adds up, nothing stored that is no event`, async () => {
    const random = seededRandom(22)
    const harness = createHarness()
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
    const bodyOf = (): Buffer => {
      const one = JSON.stringify(event({ properties: { a: 1 }, extra: true }, Math.floor(random() * 1e6)))
      const text = pick([
        () => mutated(random, `[${one},${one}]`),
        () =>
          mutated(random, `{"sent_at":"2026-11-22T09:00:00Z","events":[${one},${randomJson(random, 3)}]}`),
        () => `${one}\n${mutated(random, one)}\n${randomPieces(random)}\n`,
        () => one.replace('{"a":1}', () => randomJson(random, 20)),
        () => `[${randomJson(random, 4)},${one}]`,
        () => randomPieces(random),
      ])()
      const plain = Buffer.from(text)
      if (random() < 0.1 && plain.length > 0)
        plain[Math.floor(random() * plain.length)] = Math.floor(random() * 256)
      return plain
    }
    const seen = new Map<string, number>()
    for (let round = 0; round < ROUNDS; round++) {
      const encoding = pick([undefined, undefined, undefined, 'gzip', 'deflate'])
      let body = bodyOf()
      if (encoding === 'gzip') body = gzipSync(body)
      if (encoding === 'deflate') body = deflateSync(body)
      if (encoding !== undefined && random() < 0.2)
        body = body.subarray(0, Math.floor(random() * body.length))
      const contentType = pick(['application/json', 'application/x-ndjson', 'text/plain', undefined])
      const outcome = await harness.send(body, { contentType, contentEncoding: encoding })
      const where = `round ${round}: ${body.toString('base64')}`
      if (outcome.kind === 'refused') {
        if (CODES[outcome.code].status >= 500) expect.fail(`${outcome.code}, ${where}`)
        seen.set(outcome.code, (seen.get(outcome.code) ?? 0) + 1)
        continue
      }
      const { accepted, rejected, warnings = [] } = JSON.parse(outcome.body) as IngestResponse
      if (accepted + rejected.length !== outcome.received || warnings.length > 100) expect.fail(where)
      for (const { code } of rejected) seen.set(code, (seen.get(code) ?? 0) + 1)
      seen.set('accepted', (seen.get('accepted') ?? 0) + accepted)
      for (const stored of harness.events()) {
        const decoded = decodeEvent(stored.bytes)
        if (decoded.event_id.replaceAll('-', '') !== Buffer.from(stored.eventId).toString('hex'))
          expect.fail(where)
      }
      harness.chunks.length = 0
    }
    // It reached what it is meant to reach.
    for (const code of ['accepted', 'body_not_json', 'body_not_decodable', 'body_not_utf8', 'event_not_json', 'event_not_object', 'too_deep', 'number_out_of_range', 'event_id_missing', 'event_id_invalid'])
      expect(seen.get(code) ?? 0, code).toBeGreaterThan(5) // prettier-ignore
    expect(seen.get('accepted')).toBeGreaterThan(2_000)
  }, 120_000)

  it('of 4 MiB hold the thread up no longer than a dense valid body of that size', () => {
    const size = 4_194_304
    const scan = createEventScan()
    const batch = createBatch()
    const cpuOf = (text: string): number => {
      scan.bytes = Buffer.from(text)
      let least = Infinity
      for (let round = 0; round < 5; round++) {
        const before = process.cpuUsage()
        readBody(batch, scan, 'json')
        const { user, system } = process.cpuUsage(before)
        least = Math.min(least, user + system)
      }
      return least
    }
    const dense = JSON.stringify(
      event({ properties: { list: Array.from({ length: 8_000 }, () => 0), rest: [] } }),
    )
    const valid = cpuOf(`[${Array.from({ length: 256 }, () => dense).join(',')}]`)
    const pad = (text: string): string => text.repeat(Math.floor(size / text.length))
    for (const [name, text] of [
      ['arrays', pad('[')],
      ['objects', pad('{"":')],
      ['closed arrays', `[{"p":${'['.repeat(size / 2 - 8)}${']'.repeat(size / 2 - 8)}}]`],
      ['keys of one event', `{${pad('"a":1,').slice(0, -20)}"a":1}`],
      ['keys of an envelope', `{"sent_at":1,${pad('"a":1,').slice(0, -20)}"a":1}`],
      ['values of one event', `[{"p":[${pad('0,').slice(0, -20)}0]}]`],
      ['empty objects', `[{"p":[${pad('{},').slice(0, -21)}0]}]`],
      ['escapes', `[{"p":"${pad('\\u0041').slice(0, -24)}"}]`],
      ['line of brackets', pad(']')],
    ] as const) {
      expect(cpuOf(text) / valid, name).toBeLessThan(1.5)
    }
  })
})

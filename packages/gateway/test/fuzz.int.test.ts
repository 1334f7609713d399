// Strange requests: methods, paths, headers, encodings, keys and bodies put together at random, and bytes on a raw socket. Whatever
// comes, no answer is a 5xx, every refusal is a problem, and the gateway goes on.
import { connect, type AddressInfo } from 'node:net'
import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, track, type World } from './world.ts'

let world: World
let port: number
beforeAll(async () => {
  world = await createWorld()
  await world.gateway.app.listen({ host: '127.0.0.1', port: 0 })
  port = (world.gateway.app.server.address() as AddressInfo).port
})
afterAll(() => world.close())

const oneOf = <T>(...values: T[]) => fc.constantFrom(...values)
const headerText = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 40,
})
const method = oneOf('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE')
const path = fc.oneof(
  oneOf(
    '/events',
    '/v1/events',
    '/v1/import',
    '/v1/export',
    '/v1/users/u',
    '/v1/users/u/events',
    '/events/x',
    '/v1/projects',
  ),
  oneOf(
    '/v1/analytics/active-users',
    '/v1/analytics/retention',
    '/v1/dead-letters',
    '/v1/dead-letters/replay',
    '/v1/keys/k',
    '/docs/x',
  ),
  fc.webPath().map((text) => `/${text}`),
  fc.string({ maxLength: 20 }).map((text) => `/events/${encodeURIComponent(text.toWellFormed())}`),
)
const query = fc.oneof(
  oneOf(
    '',
    '',
    '?write_key=pk_dev',
    '?project=other',
    '?limit=5',
    '?cursor=AAAA',
    '?filters=[]',
    '?%',
    '?a[b]=1&a=2',
    '?__proto__=1',
  ),
  fc.webQueryParameters().map((text) => `?${text}`),
)
const authorization = fc.oneof(
  oneOf('Bearer pk_dev', 'Bearer rk_dev', 'Bearer ak_dev', 'Basic cGtfZGV2Og==', 'Basic !', 'Bearer', ''),
  headerText,
)
const contentType = fc.oneof(
  oneOf(
    'application/json',
    'application/x-ndjson',
    'text/plain',
    'text/plain; charset=latin1',
    'application/json; charset="',
    'a/b/c',
    '',
  ),
  headerText,
)
const encoding = oneOf('', '', 'gzip', 'deflate', 'br', 'gzip, gzip', 'identity', 'GZIP', 'x')
const json = fc.json({ maxDepth: 4 })
const good = fc.constant(null).map(() => JSON.stringify(track()))
const plain = fc
  .oneof(
    good,
    json,
    json.map((text) => text.slice(0, -1)),
    fc.string({ unit: 'binary' }),
    fc.constant(''),
  )
  .map((text) => Buffer.from(text))
const body = fc.oneof(
  plain,
  plain.map((bytes) => gzipSync(bytes)),
  plain.map((bytes) => deflateSync(bytes)),
  plain.map((bytes) => gzipSync(bytes).subarray(0, -3)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
)

describe('strange requests', () => {
  it('get an answer that is no 5xx, and every refusal is a problem: 4,000', async () => {
    const request = fc.record({
      method,
      path,
      query,
      authorization,
      contentType,
      encoding,
      body,
      origin: headerText,
    })
    await fc.assert(
      fc.asyncProperty(request, async (asked) => {
        const response = await world.gateway.app.inject({
          method: asked.method as 'GET',
          url: asked.path + asked.query,
          headers: {
            authorization: asked.authorization,
            'content-type': asked.contentType,
            'content-encoding': asked.encoding,
            origin: asked.origin,
          },
          ...(asked.method === 'GET' || asked.method === 'HEAD' ? {} : { payload: asked.body }),
        })
        expect(response.statusCode).toBeLessThan(500)
        if (response.statusCode < 400 || asked.method === 'HEAD') return
        const refusedEvents = response.statusCode === 422 && !response.body.includes('"detail"')
        if (!refusedEvents) {
          expect(response.headers['content-type']).toBe('application/problem+json')
          expect(response.json()).toMatchObject({
            status: response.statusCode,
            request_id: response.headers['x-request-id'],
          })
        }
      }),
      { numRuns: 4_000 },
    )
  }, 60_000)

  it('on a raw socket, cut and mangled anywhere, in chunks of any size: 1,500', async () => {
    const head = oneOf(
      'POST /events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer pk_dev\r\n',
      'POST /v1/events?write_key=pk_dev HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n',
      'POST /events HTTP/1.0\r\nAuthorization: Bearer pk_dev\r\n',
      'POST /events HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nAuthorization: Bearer pk_dev\r\n',
      'POST /events HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n',
    )
    const raw = fc.record({
      head,
      body,
      chunked: fc.boolean(),
      chunkBytes: fc.integer({ min: 1, max: 64 }),
      mangle: fc.option(fc.record({ at: fc.nat(400), byte: fc.integer({ min: 0, max: 255 }) })),
      cut: fc.option(fc.nat(600)),
    })
    await fc.assert(
      fc.asyncProperty(raw, async ({ head, body, chunked, chunkBytes, mangle, cut }) => {
        const framed = chunked ? inChunks(body, chunkBytes) : [`Content-Length: ${body.length}\r\n\r\n`, body]
        const bytes = Buffer.concat([head, ...framed].map((part) => Buffer.from(part as Buffer)))
        if (mangle !== null && mangle.at < bytes.length) bytes[mangle.at] = mangle.byte
        const text = await exchange(cut === null ? bytes : bytes.subarray(0, cut))
        for (const [, status] of text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm))
          expect(Number(status)).toBeLessThan(500)
      }),
      { numRuns: 1_500 },
    )
    expect((await world.gateway.app.inject('/health/ready')).statusCode).toBe(200)
  }, 60_000)
})

function inChunks(body: Buffer, size: number): (string | Buffer)[] {
  const parts: (string | Buffer)[] = ['Transfer-Encoding: chunked\r\n\r\n']
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size)
    parts.push(`${part.length.toString(16)}\r\n`, part, '\r\n')
  }
  return [...parts, '0\r\n\r\n']
}

/** Sends everything, ends its side, and hears the server out. */
function exchange(bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
    socket.on('data', (data: Buffer) => (text += data.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
  })
}

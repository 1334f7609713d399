// What only a real socket shows: broken HTTP, slow senders, pipelining, connections that stay usable.
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WRITE, createWorld, track, type World } from './world.ts'

let world: World
let port: number
beforeAll(async () => {
  world = await createWorld()
  await world.gateway.app.listen({ host: '127.0.0.1', port: 0 })
  port = (world.gateway.app.server.address() as AddressInfo).port
})
afterAll(() => world.close())

const open = () =>
  new Promise<Socket>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.once('error', reject)
  })

/** Everything the server says until it closes, or until `until` fits. */
function heard(socket: Socket, until?: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (until?.test(text) === true) resolve(text)
    })
    socket.on('close', () => resolve(text))
    socket.on('error', () => resolve(text))
  })
}

async function say(bytes: string, until?: RegExp): Promise<string> {
  const socket = await open()
  const text = heard(socket, until)
  socket.write(bytes, 'latin1')
  const said = await text
  socket.destroy()
  return said
}

/** Requests so far that were answered so. */
async function counted(route: string, status: number): Promise<number> {
  const text = await world.gateway.metrics()
  const lines = text.matchAll(
    /^penstock_http_requests_total\{route="(.+)",method=".+",status="(\d+)"\} (\d+)$/gm,
  )
  let count = 0
  for (const [, of, as, value] of lines) if (of === route && Number(as) === status) count += Number(value)
  return count
}

const url = (path: string) => `http://127.0.0.1:${port}${path}`
const problemIn = (text: string) =>
  JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>
const request = (body: string, path = '/events') =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer pk_dev\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

describe('every error is a problem', () => {
  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400, 'request_malformed'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n', 400, 'request_malformed'],
    [
      'two lengths',
      'POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
      'request_malformed',
    ],
    [
      'a length and chunks',
      'POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
      'request_malformed',
    ],
    ['an unknown method', 'FETCH / HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'request_malformed'],
    [
      'headers of 20 KB',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'a bad chunk',
      'POST /events HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
      'request_malformed',
    ],
  ])('%s', async (_name, bytes, status, code) => {
    const text = await say(bytes)
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(text).toContain('Content-Type: application/problem+json')
    expect(text).toContain('Connection: close')
    expect(problemIn(text)).toMatchObject({
      type: `https://penstock.dev/errors#${code}`,
      status,
      code,
      request_id: expect.stringMatching(/.{8,}/) as string,
      detail: expect.stringMatching(/.+/) as string,
    })
  })

  it.each([
    ['GET', '/nothing', 404, 'route_not_found', null],
    ['GET', '/events', 405, 'method_not_allowed', 'OPTIONS, POST'],
    ['PUT', '/v1/events?x=1', 405, 'method_not_allowed', 'OPTIONS, POST'],
    ['DELETE', '/v1/users/u1', 405, 'method_not_allowed', 'GET, HEAD, OPTIONS'],
    ['POST', '/events/abc', 405, 'method_not_allowed', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/v1/keys/k', 405, 'method_not_allowed', 'DELETE, OPTIONS'],
    ['GET', '/v1/users/%zz', 400, 'request_malformed', null],
  ])('%s %s is %i %s', async (method, path, status, ...[code, allow]) => {
    const response = await fetch(url(path), { method, headers: WRITE })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('allow')).toBe(allow)
    const body = (await response.json()) as { code: string; request_id: string }
    expect(body.code).toBe(code)
    expect(response.headers.get('x-request-id')).toBe(body.request_id)
  })

  it.each([
    ['without a Host', '/events', ''],
    ['with an unknown expectation', '/events', 'Host: a\r\nExpect: 200-ok\r\n'],
    ['without a Host', '/health/live', ''],
    ['with an unknown expectation', '/nothing', 'Host: a\r\nExpect: 200-ok\r\n'],
  ])('HTTP/1.1 %s at %s, counted, and the connection goes on', async (_name, path, lines) => {
    const route = path === '/nothing' ? 'other' : path
    const before = await counted(route, 400)
    const bad = `POST ${path} HTTP/1.1\r\n${lines}Content-Length: 2\r\n\r\n{}`
    const sent = path === '/health/live' ? bad.replace('POST', 'GET') : bad
    const text = await say(sent + request(JSON.stringify(track())), /HTTP\/1.1 202/)
    const [refused = '', rest = ''] = text.split('HTTP/1.1 202')
    expect(refused).toMatch(/^HTTP\/1.1 400 /)
    expect(refused).toContain('content-type: application/problem+json')
    const problem = problemIn(refused)
    expect(problem).toMatchObject({ status: 400, code: 'request_malformed' })
    expect(refused).toContain(`x-request-id: ${String(problem['request_id'])}`)
    expect(rest).toContain('"accepted":1')
    expect(await counted(route, 400)).toBe(before + 1)
  })

  it('but HTTP/1.0 needs no Host, and 100-continue is answered', async () => {
    expect(await say('GET /health/live HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /)
    const body = JSON.stringify(track())
    const text = await say(request(body).replace('Host', 'Expect: 100-continue\r\nHost'), /202/)
    expect(text).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 202 /)
  })

  it('a mistake of ours says nothing but the request id', async () => {
    world.question.failure = new Error('secret thing')
    const response = await fetch(url('/v1/analytics/top-events'), {
      headers: { authorization: 'Bearer rk_dev' },
    })
    const body = await response.text()
    expect(response.status).toBe(500)
    expect(JSON.parse(body)).toMatchObject({ code: 'internal_error' })
    expect(body).not.toContain('secret')
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'request.failed' }))
  })
})

describe('a body that is too large', () => {
  it.each([
    ['announced', (bytes: number) => `Content-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`],
    [
      'in chunks',
      (bytes: number) =>
        `Transfer-Encoding: chunked\r\n\r\n${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n0\r\n\r\n`,
    ],
  ])('%s, is 413 that the client gets to see, and the connection goes on', async (_name, body) => {
    const head = 'POST /events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer pk_dev\r\n'
    const text = await say(head + body(1_048_577) + request(JSON.stringify(track())), /HTTP\/1.1 202/)
    expect(text).toMatch(/^HTTP\/1.1 413 /)
    expect(text).toContain('body_too_large')
    expect(text).toContain('HTTP/1.1 202')
  })

  it('is not one at exactly 1 MiB', async () => {
    const body = JSON.stringify([track()]).padEnd(1_048_576)
    expect((await fetch(url('/events'), { method: 'POST', headers: WRITE, body })).status).toBe(202)
  })
})

describe('a connection', () => {
  it('stays open after an error', async () => {
    const text = await say(request('{') + request(JSON.stringify(track())), /HTTP\/1.1 202/)
    expect(text).toContain('body_not_json')
    expect(text).toContain('HTTP/1.1 202')
  })

  it('answers pipelined requests in order', async () => {
    const bodies = Array.from({ length: 20 }, () => track())
    const text = await say(
      bodies.map((body) => request(JSON.stringify(body))).join('') + request('[]'),
      /body_empty/,
    )
    expect(text.match(/HTTP\/1.1 202/g)).toHaveLength(20)
    expect(text.lastIndexOf('HTTP/1.1 400')).toBeGreaterThan(text.lastIndexOf('HTTP/1.1 202'))
  })

  it('answers a whole request before it closes for the garbage behind it', async () => {
    let release: () => void = () => undefined
    world.log.gate = new Promise((resolve) => (release = resolve))
    const said = say(`${request(JSON.stringify(track()))}garbage\r\n\r\n`)
    await fetch(url('/health/live'))
    release()
    world.log.gate = Promise.resolve()
    const text = await said
    expect(text).toMatch(/^HTTP\/1.1 202 /)
    expect(text).not.toContain('HTTP/1.1 400')
  })

  it('that breaks while sending harms nobody', async () => {
    const socket = await open()
    socket.write(request('x'.repeat(1_000)).slice(0, 500))
    socket.destroy()
    expect((await fetch(url('/health/live'))).status).toBe(200)
  })
})

describe('cross-origin calls', () => {
  it('may come from any origin, and preflights are kept for a day', async () => {
    const preflight = await fetch(url('/events'), {
      method: 'OPTIONS',
      headers: {
        origin: 'https://any.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization, content-type, content-encoding',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-max-age')).toBe('86400')
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')
    for (const name of ['Authorization', 'Content-Type', 'Content-Encoding']) {
      expect(preflight.headers.get('access-control-allow-headers')).toContain(name)
    }
    for (const path of ['/events', '/v1/users/u1', '/nothing']) {
      const headers = { ...WRITE, origin: 'https://any.example' }
      const response = await fetch(url(path), { method: path === '/events' ? 'POST' : 'GET', headers })
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(response.headers.get('access-control-expose-headers')).toContain('Retry-After')
    }
  })

  it('are 403 origin_not_allowed from elsewhere when the key lists its origins', async () => {
    const send = (origin: Record<string, string>) =>
      fetch(url('/events'), {
        method: 'POST',
        headers: { authorization: 'Bearer pk_shop', ...origin },
        body: JSON.stringify(track()),
      })
    expect((await send({ origin: 'https://shop.example' })).status).toBe(202)
    expect((await send({})).status).toBe(202)
    const refused = await send({ origin: 'https://shop.example.evil' })
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({ code: 'origin_not_allowed' })
    expect(refused.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('of a beacon need no preflight: text/plain with the key in the query', async () => {
    const body = JSON.stringify(track())
    const response = await fetch(url('/events?write_key=pk_dev'), { method: 'POST', body })
    expect(response.status).toBe(202)
  })

  it('OPTIONS without a preflight says what a path allows', async () => {
    const response = await fetch(url('/v1/users/u1'), { method: 'OPTIONS' })
    expect([response.status, response.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
  })
})

describe('slow senders', () => {
  it('2,000 of them do not hurt healthy clients, and all get 408 or are closed within 20 seconds', async () => {
    // In waves: a listener's backlog is shorter than this, and what overflows it is never seen by the server.
    const sockets: Socket[] = []
    for (let wave = 0; wave < 20; wave++)
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, open))))
    const closed = Promise.all(sockets.map((socket) => heard(socket)))
    sockets.forEach((socket, index) => {
      if (index % 3 === 0) socket.write('POST /events HTTP/1.1\r\nHost: a\r\nX: ')
      else if (index % 3 === 1) socket.write(request('x'.repeat(1_000)).slice(0, 300))
    })
    const began = Date.now()
    for (let count = 0; count < 200; count++) {
      const response = await fetch(url('/events'), {
        method: 'POST',
        headers: WRITE,
        body: JSON.stringify(track()),
      })
      expect(response.status).toBe(202)
      await response.arrayBuffer()
    }
    const texts = await closed
    expect(Date.now() - began).toBeLessThan(20_000)
    const answered = texts.filter((text) => text.startsWith('HTTP/1.1 408 '))
    expect(answered.length).toBeGreaterThan(1_300)
    expect(problemIn(answered[0] ?? '')).toMatchObject({ status: 408, code: 'request_timeout' })
  })
})

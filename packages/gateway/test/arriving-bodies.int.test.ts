// Bodies that take their time: what they may cost while they arrive, on real sockets, and that everything is given back.
import { connect, type AddressInfo, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WRITE, createWorld, track, type World } from './world.ts'

const MIB = 1_048_576
const HALF_SENT = MIB - 1

let world: World
let port: number
let sockets: Socket[]
beforeEach(async () => {
  world = await createWorld({ maxInflightBytes: 8 * MIB })
  await world.gateway.app.listen({ host: '127.0.0.1', port: 0 })
  port = (world.gateway.app.server.address() as AddressInfo).port
  sockets = []
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await world.close()
})

interface Peer {
  socket: Socket
  text: string
}

async function say(...parts: (string | Buffer)[]): Promise<Peer> {
  const socket = connect(port, '127.0.0.1')
  const peer = { socket, text: '' }
  socket.on('data', (data: Buffer) => (peer.text += data.toString()))
  socket.on('error', () => undefined)
  sockets.push(socket)
  await new Promise((resolve) => socket.once('connect', resolve))
  for (const part of parts) await new Promise((resolve) => socket.write(part, resolve))
  return peer
}

const head = (framing: string, key = 'pk_dev', path = '/events') =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\n${framing}\r\n\r\n`
const announcing = (bytes: number, key?: string, path?: string) => head(`Content-Length: ${bytes}`, key, path)
const CHUNKED = 'Transfer-Encoding: chunked'
const chunk = (bytes: string) => `${bytes.length.toString(16)}\r\n${bytes}\r\n`

const send = (body = JSON.stringify(track())) =>
  fetch(`http://127.0.0.1:${port}/events`, { method: 'POST', headers: WRITE, body })
const until = (check: () => Promise<void> | void) =>
  expect
    .poll(
      async () => {
        try {
          await check()
          return 'so'
        } catch (error) {
          return String(error)
        }
      },
      { timeout: 5_000 },
    )
    .toBe('so')

async function arriving(): Promise<number> {
  const found = /^penstock_queue_bytes\{queue="arriving"\} (\d+)$/m.exec(await world.gateway.metrics())
  return Number(found?.[1])
}

describe('a body that arrives', () => {
  it('in 200,000 pieces of one byte costs about what has arrived', async () => {
    const pieces = 200_000
    const bytes = Buffer.from(chunk('x').repeat(pieces))
    let read = () => 0
    world.gateway.app.server.once('connection', (socket: Socket) => (read = () => socket.bytesRead))
    const before = heldBytes()
    const start = head(CHUNKED)
    await say(start, bytes)
    await until(() => expect(read()).toBe(start.length + bytes.length))
    expect(heldBytes() - before).toBeLessThan(5_000_000) // without the pieces themselves: a list of them takes 40 MB
    expect(await arriving()).toBeLessThanOrEqual(2 * pieces)
  })

  it('is taken whole, however it is cut', async () => {
    const body = JSON.stringify([track(), track(), track()])
    for (const size of [1, 7, 100, body.length]) {
      const pieces = body.match(new RegExp(`.{1,${size}}`, 'g')) ?? []
      const peers = [
        await say(head(CHUNKED), ...pieces.map(chunk), chunk('')),
        await say(announcing(body.length), ...pieces),
      ]
      await until(() => {
        for (const { text } of peers) expect(text).toContain('"accepted":3')
      })
    }
    expect(await arriving()).toBe(0)
  })

  it('takes room as it comes, not as it announces', async () => {
    await say(announcing(MIB), 'x'.repeat(1_000))
    await until(async () => expect(await arriving()).toBe(1_000))
  })

  it.each([
    ['/events', 'pk_nobody', 401, 'key_unknown'],
    ['/events', 'rk_dev', 403, 'key_not_allowed'],
    ['/v1/import', 'pk_dev', 403, 'key_not_allowed'],
  ])('at %s with the key %s is refused before it is there: %i %s', async (path, key, status, code) => {
    const peer = await say(announcing(MIB, key, path), 'x')
    await until(() => expect(peer.text).toContain(code))
    expect(peer.text).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(await arriving()).toBe(0)
  })
})

describe('bodies that never end', () => {
  const fill = () =>
    Promise.all(Array.from({ length: 12 }, () => say(announcing(MIB), 'x'.repeat(HALF_SENT))))

  it('have a bound together, past which bodies in pieces are 503, and give everything back', async () => {
    const peers = await fill()
    await until(() => expect(peers.filter(({ text }) => text !== '').length).toBeGreaterThanOrEqual(8))
    for (const { text } of peers.filter(({ text }) => text !== '')) {
      expect(text).toMatch(/^HTTP\/1.1 503 /)
      expect(text.toLowerCase()).toContain('retry-after: ')
      expect(text).toContain('"code":"overloaded"')
    }
    const held = await arriving()
    expect(held).toBeGreaterThan(2 * MIB)
    expect(held).toBeLessThanOrEqual(4 * MIB)

    // What comes in one piece is not kept out; a refused connection goes on once the rest of its body is there.
    expect((await send()).status).toBe(202)
    const body = JSON.stringify(track())
    const refused = peers.find(({ text }) => text !== '') as Peer
    refused.socket.write(`x${announcing(body.length)}${body}`)
    await until(() => expect(refused.text).toContain('HTTP/1.1 202'))

    for (const { socket } of peers) socket.destroy()
    await until(async () => expect(await arriving()).toBe(0))
    const large = JSON.stringify([track()]).padEnd(MIB)
    expect((await send(large)).status).toBe(202)
    expect(await arriving()).toBe(0)
  })

  it('give their room back when they become too large or break', async () => {
    const large = await say(head(CHUNKED), chunk('x'.repeat(MIB)), chunk('x'))
    const broken = await say(head(CHUNKED), chunk('xyz'), 'no chunk\r\n')
    await until(() => {
      expect(large.text).toContain('body_too_large')
      expect(broken.text).toContain('request_malformed')
    })
    await until(async () => expect(await arriving()).toBe(0))
  })
})

/** After everything that nobody holds is gone. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

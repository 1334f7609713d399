import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startBadLine, type BadLine } from './bad-line.ts'

let server: Server
let line: BadLine
let client: Socket
let heard = ''

beforeEach(async () => {
  heard = ''
  server = createServer((socket) => socket.pipe(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  line = await startBadLine((server.address() as AddressInfo).port)
  client = connect(line.port, '127.0.0.1')
  client.on('data', (bytes) => (heard += bytes.toString()))
})
afterEach(async () => {
  client.destroy()
  await line.close()
  server.close()
})

const hears = (text: string, timeout = 1_000) => expect.poll(() => heard, { timeout }).toBe(text)

it('passes everything on while it is good', async () => {
  client.write('a')
  await hears('a')
})

it('keeps what it does not let through, in order, for when it is good again', async () => {
  client.write('a')
  await hears('a')
  line.become('half_open')
  client.write('b')
  await sleep(200)
  client.write('c')
  expect(heard).toBe('a')
  line.become('none')
  await hears('abc')
})

it('delays both ways when it is slow, and lets nothing overtake', async () => {
  line.become('slow')
  client.write('a')
  const sent = performance.now()
  await sleep(100)
  line.become('none')
  client.write('b')
  await hears('ab', 6_000)
  expect(performance.now() - sent).toBeGreaterThanOrEqual(2_000)
})

it('lets little through when it is narrow, and the rest at once when it is good again', async () => {
  line.become('narrow')
  client.write('x'.repeat(100_000))
  await sleep(600)
  expect(heard.length).toBeLessThan(2_000)
  line.become('none')
  await hears('x'.repeat(100_000), 5_000)
})

// An event loop that was blocked for longer than a request may take, by the program's own work or by a slow disk. The gateway is a
// thread of its own, so that it answers meanwhile.
import { Worker } from 'node:worker_threads'
import { afterEach, expect, it } from 'vitest'
import { createPenstock } from '../src/index.ts'

const REQUEST_TIMEOUT_MS = 2_000
const GATEWAY = `
  const { createServer } = require('node:http')
  const { parentPort } = require('node:worker_threads')
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      parentPort.postMessage('request')
      setTimeout(() => response.writeHead(202).end('{"accepted":1,"rejected":[]}'), 100)
    })
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`
let gateway: Worker
afterEach(async () => {
  await gateway.terminate()
})

const said = () => new Promise((resolve) => gateway.once('message', resolve))

it('reads an answer that came while the loop was blocked, and sends nothing twice', async () => {
  gateway = new Worker(GATEWAY, { eval: true })
  const host = `http://127.0.0.1:${String(await said())}`
  const causes: unknown[] = []
  const penstock = createPenstock({
    writeKey: 'pk_dev',
    host,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    onError: ({ cause }) => causes.push(cause),
  })
  penstock.track({ userId: 'u1', event: 'Seen' })
  const flushed = penstock.flush({ timeoutMs: 10_000 })
  await said()
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REQUEST_TIMEOUT_MS + 500)
  expect(await flushed).toMatchObject({ delivered: 1, remaining: 0 })
  expect(causes).toEqual([])
  await penstock.shutdown()
})

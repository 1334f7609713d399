// Takes what any of the measured SDKs sends and answers as its server would; counts events by the marker in their properties.
// A process of its own, so that its work is not the SDK's. Any message makes it say what arrived since the last one. Its argument
// is how it behaves (JSON): nothing = at once, { delayMs } = that late, { fault } = as faults.mjs says; the latter two tell an event
// that arrives again from others.
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { createFault } from './faults.mjs'

const MARKER = Buffer.from('"bench_n"')
const NUMBER = /"bench_n":(\d+)/g
const { delayMs = 0, fault: name, ...circumstances } = JSON.parse(process.argv[2])
const fault = name && createFault(name, circumstances)
const tellsApart = delayMs > 0 || fault
/** By number: whether it was answered. */
let seen = new Map()
let arrived = 0
/** Arrived although they had been answered: nobody has an excuse for these. */
let surplus = 0
/** Requests the fault was applied to. */
let faults = 0

function countIn(body) {
  let found = 0
  for (let at = body.indexOf(MARKER); at >= 0; at = body.indexOf(MARKER, at + MARKER.length)) found++
  return found
}

function take(body, answered) {
  for (const [, number] of body.toString().matchAll(NUMBER)) {
    const before = seen.get(number) === true
    if (before) surplus++
    seen.set(number, before || answered)
  }
}

function answer(response, request, events) {
  const ours = request.url.startsWith('/events')
  response.writeHead(ours ? 202 : 200, { 'content-type': 'application/json' })
  response.end(ours ? `{"accepted":${events},"rejected":[]}` : '{"status":1,"error":null,"success":true}')
}

function refuse(response, { status, headers }) {
  if (status === undefined) return response.destroy()
  response.writeHead(status, headers)
  response.end()
}

const server = createServer((request, response) => {
  const early = fault?.onRequest?.()
  if (early) {
    faults++
    return refuse(response, early)
  }
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    let body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
    const trouble = fault?.onBody?.(body.length)
    if (trouble) faults++
    if (trouble && !trouble.taken) return refuse(response, trouble)
    if (request.headers['content-encoding'] === 'gzip') body = gunzipSync(body)
    // Mixpanel's single events: in the query or a form, as base64.
    const form = /form-urlencoded/.test(request.headers['content-type'] ?? '')
    const data = new URLSearchParams(form ? body.toString() : request.url.split('?')[1]).get('data')
    if (data) body = Buffer.from(/^[[{]/.test(data) ? data : Buffer.from(data, 'base64'))
    const events = countIn(body)
    arrived += events
    if (tellsApart) take(body, !trouble)
    if (trouble) return refuse(response, trouble)
    if (delayMs === 0) return answer(response, request, events)
    setTimeout(answer, delayMs, response, request, events)
  })
})

process.on('message', () => {
  process.send({ arrived, ...(tellsApart && { distinct: seen.size, surplus, faults }) })
  seen = new Map()
  arrived = surplus = faults = 0
})
process.on('disconnect', () => process.exit(0))
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address()
  fault?.start?.(server, port)
  process.send({ url: `http://127.0.0.1:${port}` })
})

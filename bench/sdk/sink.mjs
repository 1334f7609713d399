// Takes what any of the measured SDKs sends and answers as its server would; counts events by the marker in their properties.
// A process of its own, so that its work is not the SDK's. `GET /count` says how many arrived, and forgets them. With a delay in ms as its
// argument it answers that late, and tells an event that arrives again from others.
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'

const MARKER = Buffer.from('"bench_n"')
const NUMBER = /"bench_n":(\d+)/g
const delayMs = Number(process.argv[2])
let arrived = 0
let numbers = new Set()

function countIn(body) {
  let found = 0
  for (let at = body.indexOf(MARKER); at >= 0; at = body.indexOf(MARKER, at + MARKER.length)) found++
  return found
}

function answer(response, request, events) {
  const ours = request.url.startsWith('/events')
  response.writeHead(ours ? 202 : 200, { 'content-type': 'application/json' })
  response.end(ours ? `{"accepted":${events},"rejected":[]}` : '{"status":1,"error":null,"success":true}')
}

const server = createServer((request, response) => {
  if (request.url === '/count') {
    response.end(JSON.stringify({ arrived, ...(delayMs > 0 && { distinct: numbers.size }) }))
    arrived = 0
    numbers = new Set()
    return
  }
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    let body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
    if (request.headers['content-encoding'] === 'gzip') body = gunzipSync(body)
    // Mixpanel's single events: in the query or a form, as base64.
    const form = /form-urlencoded/.test(request.headers['content-type'] ?? '')
    const data = new URLSearchParams(form ? body.toString() : request.url.split('?')[1]).get('data')
    if (data) body = Buffer.from(/^[[{]/.test(data) ? data : Buffer.from(data, 'base64'))
    const events = countIn(body)
    arrived += events
    if (delayMs === 0) return answer(response, request, events)
    for (const [, number] of body.toString().matchAll(NUMBER)) numbers.add(number)
    setTimeout(answer, delayMs, response, request, events)
  })
})
server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }))
process.on('disconnect', () => process.exit(0))

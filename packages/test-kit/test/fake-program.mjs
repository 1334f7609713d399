// A tiny program with the part of the HTTP contract that a crash run uses: it journals events to a file and keeps all in
// memory. Correct by default. FAKE_FAULT makes it wrong in one way, so that the checker can be seen to go red:
//   lose | duplicate | corrupt | phantom | forget_conflict | early_answer | wrong_receipt
// Failpoints: it kills itself at ingest.before_append and ingest.after_append.
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

const fault = process.env.FAKE_FAULT ?? ''
const directory = process.env.PENSTOCK_DATA_DIR
const [stepName, stepHit = '1'] = (process.env.PENSTOCK_TEST_FAILPOINT ?? '').split('@')
let passes = 0
const pass = (name) => {
  if (name === stepName && ++passes === Number(stepHit)) process.kill(process.pid, 'SIGKILL')
}

mkdirSync(directory, { recursive: true })
const path = join(directory, 'journal.ndjson')
const rows = new Map()
const letters = new Map()
let extraRows = []
let taken = 0

const CONTENT = [
  'type',
  'event',
  'name',
  'timestamp',
  'user_id',
  'anonymous_id',
  'previous_id',
  'group_id',
  'session_id',
  'seq',
  'properties',
  'traits',
  'context',
]
const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.keys(value)
    .sort()
    .map((key) => [key, sorted(value[key])])
}
const contentOf = (event) =>
  JSON.stringify(
    CONTENT.map((field) =>
      field === 'timestamp' && event[field] ? Date.parse(event[field]) : sorted(event[field] ?? null),
    ),
  )

function apply({ bytes, receivedAt }) {
  taken++
  const event = JSON.parse(bytes)
  const id = event.event_id.toLowerCase()
  if (fault === 'lose' && taken % 40 === 0) return
  const row = { event_id: id }
  for (const field of CONTENT)
    if (event[field] !== undefined && event[field] !== null) row[field] = event[field]
  row.timestamp = event.timestamp ? new Date(Date.parse(event.timestamp)).toISOString() : receivedAt
  row.received_at = receivedAt
  const content = contentOf(event)
  const first = rows.get(id)
  if (first === undefined) {
    if (fault === 'corrupt' && taken % 40 === 0) row.user_id = 'somebody else'
    rows.set(id, { content, row })
    if (fault === 'phantom' && taken % 40 === 0)
      extraRows.push({ ...row, event_id: '00000000-0000-4000-8000-000000000001' })
  } else if (first.content !== content) {
    if (fault !== 'forget_conflict') letters.set(`${id}-${content}`, { event_id: id, body: bytes })
  } else if (fault === 'duplicate') extraRows.push(first.row)
}

if (existsSync(path)) {
  const journaled = readFileSync(path)
  // A line that a kill cut off goes, or the next one would be written onto it.
  const whole = journaled.subarray(0, journaled.lastIndexOf(0x0a) + 1)
  truncateSync(path, whole.length)
  for (const line of whole.toString().split('\n').slice(0, -1)) apply(JSON.parse(line))
}
const journal = openSync(path, 'a')

function problem(event) {
  if (event.type === 'no_such_type') return 'type_unknown'
  if (event.user_id === 'undefined') return 'id_illegal'
  if (String(event.timestamp).includes('02-30')) return 'timestamp_invalid'
  if (JSON.stringify(event).length > 32_768) return 'event_too_large'
  if (JSON.stringify(event).includes('[[[[[[')) return 'too_deep'
  if ((event.user_id ?? null) === null && (event.anonymous_id ?? null) === null) return 'identity_missing'
  return null
}

function entries(body, type) {
  if (type === 'application/x-ndjson') return body.split('\n')
  const parsed = JSON.parse(body)
  return (Array.isArray(parsed) ? parsed : (parsed.events ?? [parsed])).map((event) => JSON.stringify(event))
}

function ingest(body, type) {
  const receivedAt = new Date().toISOString()
  const rejected = []
  const good = []
  for (const [index, text] of entries(body, type).entries()) {
    const code = problem(JSON.parse(text))
    if (code === null) good.push({ bytes: text, receivedAt })
    else rejected.push({ index, code, message: code })
  }
  pass('ingest.before_append')
  const write = () => {
    for (const event of good) apply(event)
    writeSync(journal, good.map((event) => `${JSON.stringify(event)}\n`).join(''))
    fsyncSync(journal)
  }
  if (fault === 'early_answer') setTimeout(write, 200)
  else write()
  pass('ingest.after_append')
  return [
    good.length === 0 ? 422 : 202,
    { accepted_at: new Date().toISOString(), accepted: good.length, rejected },
  ]
}

function route(method, url, body, type) {
  if (url.pathname === '/health/ready') return [200, {}]
  if (url.pathname === '/events' || url.pathname === '/v1/import') return ingest(body, type)
  if (url.pathname.startsWith('/events/')) {
    const found = rows.get(url.pathname.slice(8))
    if (!found) return [404, { code: 'event_not_found' }]
    return [
      200,
      {
        state: 'cold',
        event: fault === 'wrong_receipt' ? { ...found.row, type: 'track', event: 'other' } : found.row,
      },
    ]
  }
  if (url.pathname === '/v1/analytics/top-events') return [200, { as_of: new Date().toISOString(), data: [] }]
  if (url.pathname === '/v1/export') {
    const all = [...[...rows.values()].map(({ row }) => row), ...extraRows]
    return [200, all.map((row) => `${JSON.stringify(row)}\n`).join('')]
  }
  const list = [...letters.values()].map((letter, index) => ({
    id: `l${index}`,
    reason: 'event_id_conflict',
    state: 'open',
    encoding: 'utf8',
    ...letter,
  }))
  if (url.pathname === '/v1/dead-letters') return [200, { data: list, next_cursor: null }]
  if (url.pathname.startsWith('/v1/dead-letters/'))
    return [200, list.find((letter) => letter.id === url.pathname.slice(17))]
  return [404, {}]
}

const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    let bytes = Buffer.concat(chunks)
    if (request.headers['content-encoding'] === 'gzip') bytes = gunzipSync(bytes)
    const [status, answer] = route(
      request.method,
      new URL(request.url, 'http://x'),
      bytes.toString('utf8'),
      request.headers['content-type'],
    )
    response.writeHead(status).end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  })
})
process.on('exit', () => closeSync(journal))
server.listen(Number(process.env.PENSTOCK_PORT), '127.0.0.1', () => console.log('ready'))

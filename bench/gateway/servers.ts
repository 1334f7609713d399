// The servers that are compared, each started as a process of its own with its name as argument:
//   floor  bare node:http that gunzips, parses and joins waiting bodies into one append; checks nothing
//   core   bare node:http in front of the ingest core
//   app    the gateway as it is in production, without a worker
// All append to an LMDB log of their own kind and size. The parent asks for CPU time over IPC.
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createHash } from 'node:crypto'
import { createLmdbEventLog, openLmdbState } from '@penstock/embedded'
import { createGateway } from '@penstock/gateway'
import { type EventLog, noFailpoint } from '@penstock/pipeline'
import { createIngest } from '../../packages/gateway/src/ingest/ingest.ts'

const INFLIGHT_BYTES = 64 * 1_048_576

/** The body, and what follows when it is there. */
function collect(request: IncomingMessage, done: (body: Buffer) => void): void {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => done(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)))
}

function floor(log: EventLog): RequestListener {
  let waiting: { body: Buffer; done: () => void }[] = []
  let appending = false
  async function flush(): Promise<void> {
    appending = true
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      await log.append(0, Buffer.concat(group.map(({ body }) => body)))
      for (const { done } of group) done()
    }
    appending = false
  }
  return (request, response) => {
    collect(request, (sent) => {
      const gzip = request.headers['content-encoding'] === 'gzip'
      // Sized from the trailer: the cheapest way there is, so that the floor is a hard one.
      const body = gzip ? gunzipSync(sent, { chunkSize: sent.readUInt32LE(sent.length - 4) + 1 }) : sent
      const parsed = JSON.parse(body.toString('utf8')) as unknown[] | { events: unknown[] }
      const count = Array.isArray(parsed)
        ? parsed.length
        : Array.isArray(parsed.events)
          ? parsed.events.length
          : 1
      const done = () => {
        response.writeHead(202, { 'content-type': 'application/json' })
        response.end(`{"accepted":${count},"rejected":[]}`)
      }
      waiting.push({ body, done })
      if (!appending) setImmediate(() => appending || void flush())
    })
  }
}

function core(log: EventLog): RequestListener {
  const ingest = createIngest(
    { log, clock: Date.now, failpoint: noFailpoint },
    { maxInflightBytes: INFLIGHT_BYTES, durableBefore202: true },
  )
  let requests = 0
  return (request, response) => {
    collect(request, (body) => {
      const { headers } = request
      void ingest
        .ingest({
          requestId: String(++requests),
          projectId: 'dev',
          road: 'ingest',
          contentType: headers['content-type'],
          contentEncoding: headers['content-encoding'],
          body,
        })
        .then((outcome) => {
          const status = outcome.kind === 'answered' ? outcome.status : 503
          response.writeHead(status, { 'content-type': 'application/json' })
          response.end(outcome.kind === 'answered' ? outcome.body : outcome.code)
        })
    })
  }
}

const silent = { debug() {}, info() {}, warn: console.warn, error: console.error } // eslint-disable-line @typescript-eslint/no-empty-function

async function app(log: EventLog, directory: string): Promise<number> {
  const state = await openLmdbState({ path: join(directory, 'state') })
  const now = Date.now()
  await state.projects.createProject({ id: 'dev', name: 'dev', retentionDays: 365, createdAt: now })
  await state.projects.putKey({
    id: 'key-1',
    projectId: 'dev',
    role: 'write',
    label: 'bench',
    origins: null,
    hash: createHash('sha256').update('pk_dev').digest('hex'),
    createdAt: now,
    installation: false,
  })
  const gateway = await createGateway(
    {
      log,
      state: state.state,
      hot: state.hot,
      deadLetters: state.deadLetters,
      projects: state.projects,
      questions: {} as never, // no question is asked here
      coldPing: () => Promise.resolve(),
      clock: Date.now,
      logger: silent,
      failpoint: noFailpoint,
    },
    {
      metrics: 'open',
      maxInflightBytes: INFLIGHT_BYTES,
      importMaxLagMs: 1_000,
      clockDifferenceMs: 0,
      durableBefore202: true,
      trustProxy: [],
      serve: 'ingest',
    },
  )
  await gateway.app.listen({ host: '127.0.0.1', port: 0 })
  return (gateway.app.server.address() as AddressInfo).port
}

async function main(name: string, directory: string): Promise<void> {
  const log = await createLmdbEventLog({ path: join(directory, 'log'), capBytes: 8 * 1_073_741_824 })
  let port: number
  if (name === 'app') port = await app(log, directory)
  else {
    const server = createServer(name === 'floor' ? floor(log) : core(log))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  }
  process.on('message', (question) => {
    if (question === 'cpu') process.send?.({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() })
    if (question === 'purge') {
      void log
        .end(0)
        .then(({ lastSeq }) => log.purge(0, lastSeq))
        .then(() => process.send?.({ purged: true }))
    }
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({ port })
}

await main(process.argv[2] ?? '', process.argv[3] ?? '')

// The servers that are compared, each started as a process of its own with its name as argument:
//   floor  bare node:http that gunzips, parses and joins waiting bodies into one append; checks nothing
//   floor4 the same with the bodies spread over four streams, one append for each: what it costs that a log has four partitions
//   core   bare node:http in front of the ingest core
//   app    the gateway as it is in production, without a worker
// With a NATS server's address as third argument they publish to JetStream (the floors by the client alone: one message a stream
// for all bodies that wait); else all append to an LMDB log of their own kind and size. The parent asks for CPU time over IPC.
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { createHash } from 'node:crypto'
import { createLmdbEventLog, openLmdbState } from '@penstock/embedded'
import { createGateway } from '@penstock/gateway'
import { type EventLog, noFailpoint } from '@penstock/pipeline'
import { migrateJetStream, openJetStreamLog } from '@penstock/pipeline/jetstream'
import { collectLessOften } from '../../packages/cli/src/process/heap-growth.ts'
import { createIngest } from '../../packages/gateway/src/ingest/ingest.ts'

/** A message of JetStream holds this much by default, as one of our log does. */
const MESSAGE_BYTES = 1_000_000
const INFLIGHT_BYTES = 64 * 1_048_576

/** The body, and what follows when it is there. */
function collect(request: IncomingMessage, done: (body: Buffer) => void): void {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => done(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)))
}

function fitting(waiting: readonly { body: Buffer }[]): number {
  let bytes = 0
  let count = 0
  for (const { body } of waiting) {
    bytes += body.length
    if (count > 0 && bytes > MESSAGE_BYTES) break
    count += 1
  }
  return count
}

/** What the floor keeps bodies in. */
interface Store {
  append: (bodies: Buffer[]) => Promise<unknown>
  /** Empties it. */
  purge: () => Promise<unknown>
}

function floor(store: Store): RequestListener {
  const waiting: { body: Buffer; done: () => void }[] = []
  let appending = false
  async function flush(): Promise<void> {
    appending = true
    while (waiting.length > 0) {
      const group = waiting.splice(0, fitting(waiting))
      await store.append(group.map(({ body }) => body))
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

const LOG_BYTES = 8 * 1_073_741_824

async function bareStreams(url: string, name: string, count: number): Promise<Store> {
  const connection = await connect({ servers: url })
  const manager = await jetstreamManager(connection)
  const client = jetstream(connection)
  const streams = Array.from({ length: count }, (_, number) => `${name}_${number}`)
  for (const stream of streams)
    await manager.streams.add({ name: stream, subjects: [`${stream}.events`], max_bytes: LOG_BYTES / count })
  return {
    append: (bodies) =>
      Promise.all(
        streams.flatMap((stream, number) => {
          const share = bodies.filter((_, index) => index % count === number)
          return share.length === 0 ? [] : [client.publish(`${stream}.events`, Buffer.concat(share))]
        }),
      ),
    purge: () => Promise.all(streams.map((stream) => manager.streams.purge(stream))),
  }
}

async function openLog(directory: string, natsUrl: string | undefined): Promise<EventLog> {
  if (natsUrl === undefined) return createLmdbEventLog({ path: join(directory, 'log'), capBytes: LOG_BYTES })
  const options = { servers: [natsUrl], name: 'bench', partitions: 4, maxBytes: LOG_BYTES }
  await migrateJetStream({ ...options, letterBytes: 1_048_576 })
  return openJetStreamLog(options)
}

async function purgeLog(log: EventLog): Promise<void> {
  for (let partition = 0; partition < log.partitions; partition++)
    await log.purge(partition, (await log.end(partition)).lastSeq)
}

async function main(name: string, directory: string, natsUrl: string | undefined): Promise<void> {
  let port: number
  let purge: () => Promise<unknown>
  if (name.startsWith('floor') && natsUrl !== undefined) {
    const store = await bareStreams(natsUrl, name, name === 'floor' ? 1 : 4)
    port = await listen(floor(store))
    purge = store.purge
  } else {
    const log = await openLog(directory, natsUrl)
    purge = () => purgeLog(log)
    if (name === 'app') {
      // As a gateway that is a process of its own; in the one process it is not so.
      if (natsUrl !== undefined) collectLessOften()
      port = await app(log, directory)
    } else
      port = await listen(
        name === 'floor'
          ? floor({ append: (bodies) => log.append(0, Buffer.concat(bodies)), purge })
          : core(log),
      )
  }
  process.on('message', (question) => {
    if (question === 'cpu') process.send?.({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() })
    if (question === 'purge') void purge().then(() => process.send?.({ purged: true }))
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({ port })
}

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

await main(process.argv[2] ?? '', process.argv[3] ?? '', process.argv[4])

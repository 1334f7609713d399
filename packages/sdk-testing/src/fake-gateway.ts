// A gateway that keeps everything in memory and answers as it is told: a real HTTP server on 127.0.0.1 with the contract's paths,
// keys, bodies and CORS. Without a script it accepts every event. For tests of code that sends events; it validates nothing but
// what a test asks it to.
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gunzipSync, inflateSync } from 'node:zlib'
import { type EventMatchers, createEventMatchers } from './event-matchers.ts'
import type { ReceivedEvent } from './received-event.ts'

export interface ReceivedRequest {
  /** From 1, in the order of arrival. */
  readonly number: number
  /** `performance.now()` when its body was there. */
  readonly at: number
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** As sent, still compressed. */
  readonly raw: Buffer
  /** Decompressed. */
  readonly text: string
  readonly events: readonly ReceivedEvent[]
  /** Status it was answered with; 0 for a cut connection. */
  status: number
}

/** What a request gets. Without a status: 202, every event accepted. */
export interface ScriptedAnswer {
  status?: number
  headers?: Record<string, string>
  /** @defaultValue the contract's answer for 202 and 422, a problem body for the others */
  body?: string
  /** Problem code of the default body. */
  code?: string
  /** Refuses these events of a 202 by place, with a code. */
  rejected?: Record<number, string>
  /** Waits before answering. Unit: ms. */
  delayMs?: number
  /** `before`: the connection is cut and nothing taken. `after`: the events are taken, then the connection is cut. `midway`: taken, and the answer is cut off. */
  cut?: 'before' | 'after' | 'midway'
}

export interface FakeGatewayOptions {
  /** @defaultValue one that the system chooses */
  port?: number
  /** A request with another write key is answered 401. @defaultValue any key */
  writeKey?: string
  /** Keeps nothing but counts: for benchmarks. @defaultValue false */
  countsOnly?: boolean
}

/** Matchers look at accepted events. */
export interface FakeGateway extends EventMatchers {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Every request for events, oldest first. */
  readonly requests: ReceivedRequest[]
  /** Accepted events in the order of arrival, copies included. */
  events(): ReceivedEvent[]
  /** Accepted events by id: how often each was accepted. */
  copies(): ReadonlyMap<string, number>
  /** The next requests get these, one after another; then `otherwise`. */
  script(...answers: ScriptedAnswer[]): void
  /** What requests get that are not scripted; a function decides per request. @defaultValue accept */
  otherwise(answer: ScriptedAnswer | ((request: ReceivedRequest) => ScriptedAnswer)): void
  /** Forgets requests, events and scripts. */
  reset(): void
  /** Resolves when this holds; checked after each request. Rejects after `timeoutMs` (10,000) with what there is. */
  waitUntil(holds: (gateway: FakeGateway) => boolean, timeoutMs?: number): Promise<void>
  /** Stops listening and cuts every connection; `start` listens on the same port again. */
  stop(): Promise<void>
  start(): Promise<void>
  /** As `stop`. */
  close(): Promise<void>
}

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
  'access-control-allow-headers': 'Authorization, Content-Type, Content-Encoding',
  'access-control-expose-headers': 'X-Request-Id, Retry-After',
  'access-control-max-age': '86400',
}

/** Listens on 127.0.0.1 until `close()`; rejects when a port was asked for and is taken. */
export async function startFakeGateway(options: FakeGatewayOptions = {}): Promise<FakeGateway> {
  let requests: ReceivedRequest[] = []
  let accepted: ReceivedEvent[] = []
  let scripted: ScriptedAnswer[] = []
  let fallback: (request: ReceivedRequest) => ScriptedAnswer = () => ({})
  let copies = new Map<string, number>()
  let received = 0
  const waiting = new Set<() => void>()
  const sockets = new Set<Socket>()
  const timers = new Set<NodeJS.Timeout>()

  const server = createServer((request, response) => void handle(request, response))
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://gateway')
    if (request.method === 'OPTIONS') return void response.writeHead(204, CORS).end()
    if (!url.pathname.endsWith('/events') || request.method !== 'POST') {
      return void response
        .writeHead(404, { ...CORS, 'content-type': 'application/problem+json' })
        .end('{"code":"route_not_found"}')
    }
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return // the client went away
    }
    const entry = read(request, url, Buffer.concat(chunks))
    if (options.countsOnly !== true) requests.push(entry)
    const answer = scripted.shift() ?? fallback(entry)
    if (answer.delayMs !== undefined) await pause(answer.delayMs)
    reply(entry, keyRefused(entry) ? { status: 401, code: 'key_unknown' } : answer, response)
    for (const check of [...waiting]) check()
  }

  function read(request: IncomingMessage, url: URL, raw: Buffer): ReceivedRequest {
    const encoding = request.headers['content-encoding']
    const text = (
      encoding === 'gzip' ? gunzipSync(raw) : encoding === 'deflate' ? inflateSync(raw) : raw
    ).toString('utf8')
    return {
      number: ++received,
      at: performance.now(),
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      raw,
      text,
      events: readEvents(text),
      status: 0,
    }
  }

  const keyRefused = ({ query, headers }: ReceivedRequest): boolean =>
    options.writeKey !== undefined &&
    (headers.authorization?.replace(/^Bearer /, '') ?? query.get('write_key')) !== options.writeKey

  function take(entry: ReceivedRequest, rejected: Record<number, string>): void {
    entry.events.forEach((event, index) => {
      if (index in rejected) return
      copies.set(event.event_id, (copies.get(event.event_id) ?? 0) + 1)
      if (options.countsOnly !== true) accepted.push(event)
    })
  }

  function reply(entry: ReceivedRequest, answer: ScriptedAnswer, response: ServerResponse): void {
    const { status = 202, rejected = {}, cut } = answer
    if (status === 202 && cut !== 'before') take(entry, rejected)
    if (cut === 'before' || cut === 'after') return void response.socket?.destroy()
    const body = answer.body ?? defaultBody(entry, answer)
    const headers = {
      ...CORS,
      'content-type': status === 202 || status === 422 ? 'application/json' : 'application/problem+json',
      'content-length': String(Buffer.byteLength(body)),
      ...answer.headers,
    }
    response.writeHead(status, headers)
    if (cut === 'midway') {
      response.write(body.slice(0, body.length >> 1), () => response.socket?.destroy())
      return
    }
    entry.status = status
    response.end(body)
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer)
        resolve()
      }, ms)
      timers.add(timer)
    })
  }

  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  const stop = () =>
    new Promise<void>((resolve) => {
      if (!server.listening) {
        resolve()
        return
      }
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    })

  await listen(options.port ?? 0)
  const { port } = server.address() as AddressInfo
  const gateway: FakeGateway = {
    ...createEventMatchers({
      events: () => accepted,
      watch(check) {
        waiting.add(check)
        return () => waiting.delete(check)
      },
    }),
    url: `http://127.0.0.1:${port}`,
    get requests() {
      return requests
    },
    events: () => accepted,
    copies: () => copies,
    script: (...answers) => void scripted.push(...answers),
    otherwise: (answer) => void (fallback = typeof answer === 'function' ? answer : () => answer),
    reset() {
      requests = []
      accepted = []
      scripted = []
      copies = new Map()
      fallback = () => ({})
    },
    waitUntil: (holds, timeoutMs = 10_000) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (!holds(gateway)) return
          end()
          resolve()
        }
        const end = (): void => {
          clearTimeout(timer)
          waiting.delete(check)
        }
        const timer = setTimeout(() => {
          end()
          const statuses = requests.map(({ status, events }) => `${status}×${events.length}`).join(' ')
          reject(new Error(`not within ${timeoutMs} ms; requests: ${statuses || 'none'}`))
        }, timeoutMs)
        waiting.add(check)
        check()
      }),
    stop,
    start: () => listen(port),
    close: stop,
  }
  return gateway
}

function readEvents(text: string): ReceivedEvent[] {
  try {
    const body = JSON.parse(text) as unknown
    if (Array.isArray(body)) return body as ReceivedEvent[]
    const { events } = body as { events?: unknown }
    return Array.isArray(events) ? (events as ReceivedEvent[]) : [body as ReceivedEvent]
  } catch {
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    try {
      return lines.map((line) => JSON.parse(line) as ReceivedEvent)
    } catch {
      return []
    }
  }
}

function defaultBody(entry: ReceivedRequest, { status = 202, rejected = {}, code }: ScriptedAnswer): string {
  const request_id = `fake-${entry.number}`
  if (status !== 202 && status !== 422) {
    return JSON.stringify({ status, code: code ?? `http_${status}`, title: '', detail: '', request_id })
  }
  const refused = entry.events.flatMap((event, index) => {
    const why = rejected[index] ?? (status === 422 ? (code ?? 'field_invalid') : undefined)
    return why === undefined ? [] : [{ index, event_id: event.event_id, code: why, message: why }]
  })
  return JSON.stringify({
    request_id,
    accepted_at: new Date().toISOString(),
    accepted: entry.events.length - refused.length,
    rejected: refused,
  })
}

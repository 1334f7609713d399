// A gateway for browser tests: answers as told, and keeps what it was sent. On an origin of its own, as in real life, so that
// every request is a cross-origin one; one that needs a preflight is noted.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { freePort } from '@penstock/test-kit'

export interface SunkEvent {
  event_id: string
  type: string
  event?: string
  timestamp: string
  anonymous_id?: string
  user_id?: string
  session_id?: string
  seq?: number
  properties?: Record<string, unknown>
  context?: { page?: { url: string; title: string; referrer: string }; campaign?: Record<string, string> }
}

export interface SunkRequest {
  query: URLSearchParams
  headers: IncomingMessage['headers']
  events: SunkEvent[]
  status: number
}

export interface Sink {
  /** Another after each `reset`: what pages of the time before still send is answered, and not kept. */
  readonly url: string
  readonly requests: SunkRequest[]
  /** Events answered with 202, as they came, copies included. */
  accepted(): SunkEvent[]
  /** Ids of track events by arrival, without copies. */
  names(): string[]
  preflights: number
  /** Decides the next answers; default 202. `cut`: the connection ends without one; `hang`: none until `release`. */
  answer: (request: { events: SunkEvent[]; index: number }) => number | 'cut' | 'hang' | Refusal
  release(): void
  reset(): void
  /** Refuses connections, as if it were down; and back again on the same port. */
  down(): Promise<void>
  up(): Promise<void>
  close(): Promise<void>
}

/** A 202 that refuses some of the events. */
export interface Refusal {
  rejected: { index: number; code: string }[]
}

export async function startSink(): Promise<Sink> {
  const server = createServer((request, response) => void handle(request, response))
  let hanging: (() => void)[] = []
  const port = await freePort()
  let era = 0
  const sink: Sink = {
    get url() {
      // A policy that allows an address with a slash at its end allows what is below it.
      return `http://127.0.0.1:${port}/${era}/`
    },
    requests: [],
    preflights: 0,
    answer: () => 202,
    accepted: () => sink.requests.filter(({ status }) => status === 202).flatMap(({ events }) => events),
    names: () => [
      ...new Map(
        sink
          .accepted()
          .filter(({ type }) => type === 'track')
          .map(({ event_id, event }) => [event_id, event ?? '']),
      ).values(),
    ],
    release() {
      for (const go of hanging.splice(0)) go()
    },
    reset() {
      sink.release()
      era++
      sink.requests.length = 0
      sink.preflights = 0
      sink.answer = () => 202
    },
    down: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    up: () => new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve())),
    close: async () => {
      hanging = []
      await sink.down()
    },
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-headers', 'Authorization, Content-Type, Content-Encoding')
    response.setHeader('access-control-expose-headers', 'Retry-After')
    if (request.method === 'OPTIONS') {
      sink.preflights++
      response.writeHead(204).end()
      return
    }
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return // the page went away in the middle of its request
    }
    const events = JSON.parse(Buffer.concat(chunks).toString()) as SunkEvent[]
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://sink')
    if (!pathname.startsWith(`/${era}/`)) {
      response.writeHead(503).end()
      return
    }
    const entry: SunkRequest = { query: searchParams, headers: request.headers, events, status: 0 }
    const index = sink.requests.push(entry) - 1
    let decision = sink.answer({ events, index })
    if (decision === 'hang') {
      await new Promise<void>((resolve) => hanging.push(resolve))
      decision = 202
    }
    if (decision === 'cut') {
      request.socket.destroy()
      return
    }
    const rejected = typeof decision === 'number' ? [] : decision.rejected
    entry.status = typeof decision === 'number' ? decision : 202
    response.writeHead(entry.status, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({
        request_id: 'r',
        accepted_at: new Date().toISOString(),
        accepted: events.length - rejected.length,
        rejected: rejected.map((one) => ({ ...one, event_id: events[one.index]?.event_id, message: '' })),
      }),
    )
  }

  await sink.up()
  return sink
}

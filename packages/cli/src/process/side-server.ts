// `/metrics` on a port of its own, without a key, for installations that listen on a public address; and `/health` there for a
// process that has no other server.
import { type Server, createServer } from 'node:http'
import { listenFailure, serverUrl } from './listen.ts'

export interface SideServer {
  /** Without a path. */
  url: string
  close(): Promise<void>
}

export interface SideHealth {
  ready(): Promise<{ ready: boolean; checks: object }>
}

interface Answer {
  status: number
  type: string
  text: string
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
const json = (status: number, body: object): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  text: JSON.stringify(body),
})

export async function startSideServer(
  { host, port }: { host: string; port: number },
  answers: { metrics: () => Promise<string> } & Partial<SideHealth>,
): Promise<SideServer> {
  const { metrics, ready } = answers

  async function answer(path: string): Promise<Answer> {
    if (path === '/metrics') return { status: 200, type: METRICS_TYPE, text: await metrics() }
    if (path === '/health/live' && ready !== undefined) return json(200, { status: 'live' })
    if (path === '/health/ready' && ready !== undefined) {
      const found = await ready()
      const status = found.ready ? 'ready' : 'not_ready'
      return json(found.ready ? 200 : 503, { status, checks: found.checks })
    }
    return json(404, { title: 'Not found' })
  }

  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? ''
    const answered = request.method === 'GET' ? answer(path) : Promise.resolve(json(405, {}))
    answered.then(
      ({ status, type, text }) => response.writeHead(status, { 'content-type': type }).end(text),
      () => response.writeHead(503).end(),
    )
  })
  await opened(server, host, port)
  return {
    url: serverUrl(server.address(), host),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function opened(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenFailure(error, host, port)))
    server.listen(port, host, () => resolve())
  })
}

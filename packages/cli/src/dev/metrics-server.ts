// `/metrics` on a port of its own, without a key, for installations that listen on a public address.
import { type Server, createServer } from 'node:http'
import { listenFailure, serverUrl } from './listen.ts'

export interface MetricsServer {
  url: string
  close(): Promise<void>
}

/** Null when no such port is configured. */
export async function startMetricsServer(
  { host, metricsPort: port }: { host: string; metricsPort: number | null },
  metrics: () => Promise<string>,
): Promise<MetricsServer | null> {
  if (port === null) return null
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    metrics().then(
      (text) =>
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      () => response.writeHead(503).end(),
    )
  })
  await opened(server, host, port)
  return {
    url: `${serverUrl(server.address(), host)}/metrics`,
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

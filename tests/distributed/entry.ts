// One address for the services, by path, as deploy/haproxy has it: what sends goes to the gateways, every question to answers.
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Cluster } from '@penstock/test-kit/cluster'

export interface Entry {
  readonly url: string
  close(): Promise<void>
}

const FOR_GATEWAYS = /^(\/v1)?\/(events|import)([/?]|$)/

export async function startEntry(cluster: Cluster): Promise<Entry> {
  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method = 'GET', url = '/', headers } = incoming
    const target = new URL(url, FOR_GATEWAYS.test(url) ? cluster.url : cluster.answers.url)
    const onward = request(target, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

// A balancer in front of gateways, as small as one can be: each connection goes to the next backend that takes it. It knows nothing of
// HTTP and repeats nothing, so whatever a client sees is what a gateway did.
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'

export interface Balancer {
  readonly url: string
  close(): Promise<void>
}

/** @param ports - of 127.0.0.1; may be closed for a while. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const open = new Set<Socket>()
  let turn = 0

  // Each of them once, beginning with `first`: by the turns of others in between the same dead one could come twice.
  const forward = (client: Socket, first: number, attempt = 0): void => {
    const port = ports[(first + attempt) % ports.length] as number
    const backend = connect({ host: '127.0.0.1', port })
    open.add(backend)
    let connected = false
    backend.setNoDelay(true)
    backend.once('connect', () => {
      connected = true
      client.pipe(backend).pipe(client)
    })
    backend.once('error', () => {
      // Nothing was sent yet: the next one may have it. Afterwards the client sees its connection end.
      if (!connected && attempt + 1 < ports.length) forward(client, first, attempt + 1)
      else client.destroy()
    })
    backend.once('close', () => {
      open.delete(backend)
      if (connected) client.destroy()
    })
    client.once('close', () => backend.destroy())
  }

  const server = createServer((client) => {
    open.add(client)
    client.setNoDelay(true)
    client.on('error', () => undefined)
    client.once('close', () => open.delete(client))
    forward(client, turn++)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}

import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

// Below what systems hand out by themselves (Linux from 32,768, macOS and Windows from 49,152): there any listen(0) of another test could
// take the port before the program is up, or between two of its lives. Above the ports that fetch and browsers refuse (10,080 is the last).
const FIRST = 12_000
const COUNT = 20_000

/**
 * A port of 127.0.0.1 on which nothing listens, and which nobody else is given here while this process lives. A program keeps it over its
 * restarts.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + randomInt(COUNT)
    if ((await reserve(port)) && (await isUnused(port))) return port
  }
}

// The UDP port of the same number is the sign for the other test processes, and goes with this one however it ends.
function reserve(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4').unref()
    socket.once('error', () => {
      socket.close()
      resolve(false)
    })
    socket.bind({ address: '127.0.0.1', port, exclusive: true }, () => resolve(true))
  })
}

function isUnused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

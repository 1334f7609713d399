// A TCP line to a server that can become bad while it is in use, both ways and for every connection. Nothing is lost on it and the order
// stays: what did not get through comes when the line is good again, unless somebody has given the connection up.
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/**
 * `half_open`: connections stand, new ones too, and nothing passes. `slow`: everything comes two seconds late. `narrow`: 1 KiB/s for each
 * connection and direction.
 */
export type LineFault = 'none' | 'half_open' | 'slow' | 'narrow'

export interface BadLine {
  readonly port: number
  become(fault: LineFault): void
  close(): Promise<void>
}

const LATENCY_MS = 2_000
const SLICE_BYTES = 256
const SLICE_MS = 250
const POLL_MS = 50
/** More than that of a direction waits in its sender. */
const MOST_WAITING_BYTES = 4_194_304

/** @param port - of 127.0.0.1 */
export async function startBadLine(port: number): Promise<BadLine> {
  const sockets = new Set<Socket>()
  let fault: LineFault = 'none'

  /** Brings what `from` says to `to` until one of them is gone. */
  function carry(from: Socket, to: Socket): void {
    const waiting: { bytes: Buffer; due: number }[] = []
    let size = 0
    let running = false
    let ended = false

    async function run(): Promise<void> {
      for (let next = waiting.shift(); next !== undefined && !to.destroyed; next = waiting.shift()) {
        await sleep(Math.max(0, next.due - performance.now()))
        await pass(next.bytes)
        size -= next.bytes.length
        if (size < MOST_WAITING_BYTES) from.resume()
      }
      running = false
      if (ended) to.destroy()
    }

    async function pass(bytes: Buffer): Promise<void> {
      for (let at = 0; at < bytes.length && !to.destroyed;) {
        if (fault === 'half_open') await sleep(POLL_MS)
        else if (fault === 'narrow') {
          to.write(bytes.subarray(at, at + SLICE_BYTES))
          at += SLICE_BYTES
          await sleep(SLICE_MS)
        } else {
          to.write(bytes.subarray(at))
          return
        }
      }
    }

    const begin = (): void => {
      if (running) return
      running = true
      void run()
    }
    from.on('data', (bytes: Buffer) => {
      waiting.push({ bytes, due: performance.now() + (fault === 'slow' ? LATENCY_MS : 0) })
      size += bytes.length
      if (size >= MOST_WAITING_BYTES) from.pause()
      begin()
    })
    from.once('close', () => {
      ended = true
      begin()
    })
  }

  const listener = createServer((client) => {
    const server = connect({ host: '127.0.0.1', port })
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.once('close', () => sockets.delete(socket))
    }
    carry(client, server)
    carry(server, client)
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))

  return {
    port: (listener.address() as AddressInfo).port,
    become: (next) => (fault = next),
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

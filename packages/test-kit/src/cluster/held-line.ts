// A TCP line to a server that can hold back what clients send, as a network does with packets: whatever was sent comes in full and in
// order, but late, also when its sender is stopped or dead by then.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface HeldLine {
  readonly port: number
  /**
   * Waits for something sent that matches `pattern` in one piece; that, and whatever clients send after it, is held. Resolves with
   * false, and holds everything from then on, when nothing has come within `timeoutMs`.
   */
  holdFrom(pattern: RegExp, timeoutMs: number): Promise<boolean>
  /** Sends on what was held. */
  release(): void
  close(): Promise<void>
}

interface Pair {
  client: Socket
  server: Socket
  /** Not empty only while the line holds. */
  held: Buffer[]
  clientGone: boolean
}

/** A server has this long to act on what a client sent that is gone. */
const LINGER_MS = 5_000

/** @param port - of 127.0.0.1; may be closed for a while. */
export async function startHeldLine(port: number): Promise<HeldLine> {
  const pairs = new Set<Pair>()
  let holding = false
  /** Says whether to hold from this chunk on. */
  let watch: ((chunk: Buffer) => boolean) | null = null

  function take(pair: Pair, chunk: Buffer): void {
    if (!holding && watch?.(chunk) !== true) {
      if (!pair.server.write(chunk)) pair.client.pause()
      return
    }
    pair.held.push(chunk)
  }

  function over(pair: Pair): void {
    pair.clientGone = true
    if (pair.held.length === 0) pair.server.destroy()
  }

  const listener = createServer((client) => {
    const server = connect({ host: '127.0.0.1', port })
    const pair: Pair = { client, server, held: [], clientGone: false }
    pairs.add(pair)
    client.setNoDelay(true)
    server.setNoDelay(true)
    client.on('data', (chunk: Buffer) => take(pair, chunk))
    server.on('data', (chunk: Buffer) => {
      if (!client.destroyed && !client.write(chunk)) server.pause()
    })
    server.on('drain', () => client.resume())
    client.on('drain', () => server.resume())
    client.on('error', () => undefined)
    server.on('error', () => undefined)
    client.once('close', () => {
      over(pair)
      server.resume()
    })
    server.once('close', () => {
      pairs.delete(pair)
      client.destroy()
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))

  return {
    port: (listener.address() as AddressInfo).port,
    async holdFrom(pattern, timeoutMs) {
      const found = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), timeoutMs)
        watch = (chunk) => {
          if (!pattern.test(chunk.toString('latin1'))) return false
          clearTimeout(timer)
          holding = true
          resolve(true)
          return true
        }
      })
      watch = null
      holding = true
      return found
    },
    release() {
      holding = false
      for (const pair of pairs) {
        for (const chunk of pair.held.splice(0)) pair.server.write(chunk)
        if (pair.clientGone) setTimeout(() => pair.server.destroy(), LINGER_MS).unref()
      }
    },
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve())
        for (const { client, server } of pairs) {
          client.destroy()
          server.destroy()
        }
      }),
  }
}

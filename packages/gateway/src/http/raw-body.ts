// Takes request bodies as bytes, whatever their Content-Type says: what they mean is decided later, so that a strange header
// cannot lead around a check. Bounds the bytes as sent while they arrive, and holds at most about twice of what has arrived. The rest
// of a body that is refused is read and thrown away (for at most the request's timeout), because a client that is cut off while
// sending never sees the answer.
import { LIMITS } from '@penstock/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { ArrivingBodies } from './arriving-bodies.ts'
import { ProblemError } from './problem.ts'

type Done = (error: Error | null, body?: Buffer) => void

/** The client went away before its body was there. Nobody is left to answer. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'
}

export function registerRawBody(app: FastifyInstance, arriving: ArrivingBodies): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage, done: Done) => {
    request.startedAt = performance.now()
    collectBody(payload, { arriving }, done)
  })
}

export interface Collecting {
  arriving: ArrivingBodies
  /** Asked once, when a body does not come in one piece; rejects when it need not be waited for. */
  mayArrive?: () => Promise<void>
}

/** Calls back once: with the bytes, or with what is wrong with them. */
export function collectBody(payload: IncomingMessage, { arriving, mayArrive }: Collecting, done: Done): void {
  const announced = Number(payload.headers['content-length'] ?? 0)
  if (announced > LIMITS.maxBodyBytes) {
    payload.resume()
    done(tooLarge())
    return
  }
  // The first piece, later a buffer with room behind `bytes`. A list of pieces would cost a hundred times their bytes when they are tiny.
  let held: Buffer | undefined
  let bytes = 0
  let taken = 0
  let settled = false
  const settle: Done = (error, body) => {
    if (settled) return
    settled = true
    held = undefined
    arriving.give(taken)
    done(error, body)
  }
  const add = (chunk: Buffer) => {
    const needed = bytes + chunk.length
    const grown = held === undefined ? needed : grownSize(held.length, { needed, announced })
    if (!arriving.take(grown - taken)) {
      settle(noRoom())
      return
    }
    taken = grown
    if (held === undefined) {
      held = chunk
      mayArrive?.().catch(settle)
    } else {
      if (grown > held.length) held = moved(held, bytes, grown)
      chunk.copy(held, bytes)
    }
    bytes = needed
  }
  payload.on('data', (chunk: Buffer) => {
    if (settled) return
    if (bytes + chunk.length > LIMITS.maxBodyBytes) settle(tooLarge())
    else if (chunk.length === announced) {
      // The usual body: here at once, so neither copied nor counted.
      held = chunk
      bytes = announced
    } else add(chunk)
  })
  payload.on('end', () => {
    if (held === undefined) settle(null, EMPTY)
    // What waits for durability counts with its length, so the room behind it must not wait with it.
    else settle(null, held.length === bytes ? held : Buffer.from(held.subarray(0, bytes)))
  })
  payload.on('error', () => settle(new ClientGoneError('the client went away while it was sending')))
}

/** Doubles, and no further than a body can get. What is only announced is not made room for: announcing costs nothing. */
function grownSize(size: number, { needed, announced }: { needed: number; announced: number }): number {
  if (needed <= size) return size
  return Math.max(needed, Math.min(2 * needed, announced === 0 ? LIMITS.maxBodyBytes : announced))
}

function moved(from: Buffer, bytes: number, size: number): Buffer {
  const to = Buffer.allocUnsafeSlow(size) // not of the pool: a few bytes would keep 8 KiB of it alive
  from.copy(to, 0, 0, bytes)
  return to
}

const EMPTY = Buffer.alloc(0)

const tooLarge = () =>
  new ProblemError(
    'body_too_large',
    `A request body has at most ${LIMITS.maxBodyBytes} bytes as sent; split it.`,
  )

const noRoom = () =>
  new ProblemError('overloaded', 'Too many bodies are on their way. Send the same body again later.')

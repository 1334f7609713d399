// Takes request bodies as bytes, whatever their Content-Type says: what they mean is decided later, so that a strange header
// cannot lead around a check. Bounds the bytes as sent while they arrive; the rest of a body that is too large is read and
// thrown away (for at most the request's timeout), because a client that is cut off while sending never sees the 413.
import { LIMITS } from '@penstock/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { ProblemError } from './problem.ts'

type Done = (error: Error | null, body?: Buffer) => void

/** The client went away before its body was there. Nobody is left to answer. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'
}

export function registerRawBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage, done: Done) => {
    request.startedAt = performance.now()
    collectBody(payload, done)
  })
}

/** Calls back once: with the bytes, or with what is wrong with them. */
export function collectBody(payload: IncomingMessage, done: Done): void {
  const announced = Number(payload.headers['content-length'] ?? 0)
  if (announced > LIMITS.maxBodyBytes) {
    payload.resume()
    done(tooLarge())
    return
  }
  let first: Buffer | undefined
  let rest: Buffer[] | undefined
  let bytes = 0
  let settled = false
  const settle: Done = (error, body) => {
    if (settled) return
    settled = true
    done(error, body)
  }
  payload.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > LIMITS.maxBodyBytes) {
      first = undefined
      rest = undefined
      settle(tooLarge())
    } else if (settled) return
    else if (first === undefined) first = chunk
    else if (rest === undefined) rest = [first, chunk]
    else rest.push(chunk)
  })
  payload.on('end', () => {
    if (settled) return
    settle(null, rest === undefined ? (first ?? EMPTY) : Buffer.concat(rest, bytes))
  })
  payload.on('error', () => settle(new ClientGoneError('the client went away while it was sending')))
}

const EMPTY = Buffer.alloc(0)

const tooLarge = () =>
  new ProblemError(
    'body_too_large',
    `A request body has at most ${LIMITS.maxBodyBytes} bytes as sent; split it.`,
  )

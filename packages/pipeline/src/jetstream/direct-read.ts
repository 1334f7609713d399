// Reads a stretch of a stream in one request: the server sends the messages and then an end mark. No consumer, so nothing on the
// server remembers who read what: the position lives in the worker's state row.
import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { PipelineError } from '../errors.ts'
import { readHeaders, type ReadHeader } from './header-text.ts'
import { FLOOR_HEADER } from './message-time.ts'

export interface DirectMessage {
  seq: number
  /** The later of the server's stamp and the floor that came with the message. Unit: milliseconds since 1970. */
  ownTime: number
  chunk: Uint8Array
}

export interface DirectRequest {
  stream: string
  /** The first message at or after this one, and those behind it. */
  seq: number
  maxMessages: number
  /** Of subjects, headers and chunks together; the message that crosses it still comes. */
  maxBytes: number
}

const END_OF_BATCH = 204
const NOT_FOUND = 404

/**
 * In order; empty when there is none.
 * @param idleMs - longest time without a message of the answer
 * @throws PipelineError `unavailable`
 */
export function readDirect(
  connection: NatsConnection,
  request: DirectRequest,
  idleMs: number,
): Promise<DirectMessage[]> {
  return new Promise((resolve, reject) => {
    const messages: DirectMessage[] = []
    const inbox = createInbox()
    const end = (settle: () => void): void => {
      clearTimeout(timer)
      subscription.unsubscribe()
      settle()
    }
    const fail = (why: string, cause?: unknown): void =>
      end(() =>
        reject(new PipelineError('unavailable', 'log', `The log could not be read: ${why}.`, { cause })),
      )
    const timer = setTimeout(() => fail('no answer in time'), idleMs)
    const take = (error: Error | null, message: Msg): void => {
      if (error !== null) {
        fail(error.name, error)
        return
      }
      const code = message.headers?.code ?? 0
      if (code === END_OF_BATCH || code === NOT_FOUND) end(() => resolve(messages))
      else if (code !== 0 || message.headers === undefined) fail(`the server answered ${code}`)
      else {
        const header = readHeaders(message)
        messages.push({
          seq: Number(header('Nats-Sequence')),
          ownTime: ownTime(header),
          // A copy: the client's buffer of a message grows by doubling, and events of it are kept for a while.
          chunk: new Uint8Array(message.data),
        })
        timer.refresh()
      }
    }
    const subscription = connection.subscribe(inbox, { callback: take })
    const { stream, seq, maxMessages, maxBytes } = request
    const body = JSON.stringify({ seq, batch: maxMessages, max_bytes: maxBytes })
    try {
      connection.publish(`$JS.API.DIRECT.GET.${stream}`, body, { reply: inbox })
    } catch (error) {
      fail('not sent', error)
    }
  })
}

/** From the headers of a stored or announced message. */
export function ownTime(header: ReadHeader): number {
  const stamp = Date.parse(header('Nats-Time-Stamp'))
  const floor = Number(header(FLOOR_HEADER))
  return Math.max(stamp, Number.isSafeInteger(floor) ? floor : 0)
}

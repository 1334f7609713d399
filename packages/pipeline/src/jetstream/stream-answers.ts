// Publishes, and pairs the streams' answers with what was published: one inbox for all of them, a token for each. The client's own
// request is not used: it makes an error with its stack for every message, also for one that is acknowledged at once, and that is
// most of what a small message costs.
import { randomBytes } from 'node:crypto'
import { JetStreamApiError, type ApiError, type PubAck } from '@nats-io/jetstream'
import { createInbox, errors, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node'

export interface Outgoing {
  subject: string
  data: Uint8Array
  headers: MsgHdrs
}

export interface StreamAnswers {
  /** An id for one message and its repetitions: random bytes of this connection, and a number. */
  newMessageId(): string
  /**
   * Resolves with the sequence once the stream has stored the message.
   * Rejects with the client's error: no responder, no answer in time, or what the stream says against it.
   */
  publish(message: Outgoing, timeoutMs: number): Promise<number>
}

export function openStreamAnswers(connection: Pick<NatsConnection, 'publish' | 'subscribe'>): StreamAnswers {
  const inbox = `${createInbox()}.`
  const waiting = new Map<string, (answer: Msg) => void>()
  const idPrefix = `${randomBytes(16).toString('base64url')}-`
  let published = 0
  let messageIds = 0
  connection.subscribe(`${inbox}*`, {
    // An error is that the inbox may not be read: then nothing is answered, and who waits finds out by the time-out.
    callback: (error, answer) => {
      if (error === null) waiting.get(answer.subject.slice(inbox.length))?.(answer)
    },
  })

  function answerTo({ subject, data, headers }: Outgoing, timeoutMs: number): Promise<Msg> {
    return new Promise((resolve, reject) => {
      const token = (++published).toString(36)
      const timer = setTimeout(() => {
        waiting.delete(token)
        reject(new errors.TimeoutError())
      }, timeoutMs)
      const over = (): void => {
        clearTimeout(timer)
        waiting.delete(token)
      }
      waiting.set(token, (answer) => {
        over()
        resolve(answer)
      })
      try {
        connection.publish(subject, data, { reply: inbox + token, headers })
      } catch (error) {
        over()
        throw error
      }
    })
  }

  return {
    newMessageId: () => idPrefix + (++messageIds).toString(36),
    publish: async (message, timeoutMs) => sequenceOf(await answerTo(message, timeoutMs), message.subject),
  }
}

const NO_RESPONDERS = 503

function sequenceOf(answer: Msg, subject: string): number {
  if (answer.data.length === 0 && answer.headers?.code === NO_RESPONDERS) {
    throw new errors.NoRespondersError(subject)
  }
  const { error, stream, seq } = answer.json<Partial<PubAck> & { error?: ApiError }>()
  if (error !== undefined) throw new JetStreamApiError(error)
  if (stream === undefined || seq === undefined)
    throw new errors.ProtocolError('an answer that is none of a stream')
  return seq
}

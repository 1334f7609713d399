// A question to the server: waits until there is a connection, and not for an answer that a broken one cannot bring any more.
import type { Nats } from './connect-nats.ts'
import { mapNatsError } from './map-error.ts'

/**
 * @param timeoutMs - longest wait for the connection; the question has a time-out of its own
 * @throws PipelineError
 */
export async function ask<T>(nats: Nats, timeoutMs: number, question: () => Promise<T>): Promise<T> {
  await nats.untilConnected(timeoutMs)
  try {
    return await nats.whileConnected(question)
  } catch (error) {
    throw mapNatsError(error, true)
  }
}

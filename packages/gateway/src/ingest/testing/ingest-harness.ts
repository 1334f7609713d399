// An ingest core over a log in memory with a clock that stands still, and events to send to it.
import type { IngestResponse } from '@penstock/contract'
import { noFailpoint } from '@penstock/pipeline'
import { createIngest } from '../ingest.ts'
import type { Ingest, IngestAnswered, IngestRefused, IngestRequest } from '../outcome.ts'
import { type MemoryLog, createMemoryLog } from './memory-log.ts'

export const NOW = Date.parse('2026-11-22T10:00:00.000Z')
export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 86_400_000

export const iso = (ms: number): string => new Date(ms).toISOString()

/** An id that is valid and depends only on the number. */
export const eventId = (number: number): string =>
  `018f3c5e-7a10-7000-8000-${number.toString(16).padStart(12, '0')}`

/** A valid event; `fields` replace or add, `undefined` removes. */
export const event = (fields: Record<string, unknown> = {}, number = 1): object => ({
  event_id: eventId(number),
  type: 'track',
  event: 'Order Placed',
  user_id: 'user-42',
  ...fields,
})

export interface Harness extends MemoryLog {
  ingest: Ingest
  errors: unknown[]
  /** Sends text, bytes or a value (as JSON). */
  send: (body: unknown, request?: Partial<IngestRequest>) => Promise<IngestAnswered | IngestRefused>
  /** Sends what must be readable; gives the answer's body with its status. */
  answer: (body: unknown, request?: Partial<IngestRequest>) => Promise<IngestResponse & { status: number }>
  /** Sends one event in a list; `accepted` or the code that refused it. */
  verdict: (event: unknown, request?: Partial<IngestRequest>) => Promise<string>
}

export function createHarness(
  options: {
    partitions?: number
    maxInflightBytes?: number
    durableBefore202?: boolean
    logTime?: () => number
  } = {},
): Harness {
  const { maxInflightBytes = 64_000_000, durableBefore202 = true, ...logOptions } = options
  const memory = createMemoryLog(logOptions)
  const errors: unknown[] = []
  const ingest = createIngest(
    {
      log: memory.log,
      clock: () => NOW,
      failpoint: noFailpoint,
      onStoreError: (error) => errors.push(error),
    },
    { maxInflightBytes, durableBefore202 },
  )
  const bytesOf = (body: unknown): Buffer =>
    Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const send: Harness['send'] = (body, request = {}) =>
    ingest.ingest({
      requestId: 'req-1',
      projectId: 'dev',
      road: 'ingest',
      contentType: 'application/json',
      contentEncoding: undefined,
      body: bytesOf(body),
      ...request,
    })
  const answer: Harness['answer'] = async (body, request) => {
    const outcome = await send(body, request)
    if (outcome.kind === 'refused') throw new Error(`refused with ${outcome.code}`)
    const response = JSON.parse(outcome.body) as IngestResponse
    if (outcome.received !== outcome.accepted + response.rejected.length)
      throw new Error('the account does not add up')
    return { ...response, status: outcome.status }
  }
  return {
    ...memory,
    ingest,
    errors,
    send,
    answer,
    async verdict(one, request) {
      const { rejected } = await answer(typeof one === 'string' ? `[${one}]` : [one], request)
      return rejected[0]?.code ?? 'accepted'
    },
  }
}

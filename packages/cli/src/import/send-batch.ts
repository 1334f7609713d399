// One batch to the import endpoint, again and again until it is answered. Repeating is safe: the ids are fixed. Guarantee:
// it resolves only when every event of the batch was accepted or refused by name.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { IngestResponse } from '@penstock/contract'
import { askServer, refusal, type ServerReply } from '../server-api/request.ts'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT } from '../terminal/exit-code.ts'
import type { RefusedLine } from './encode-row.ts'

const compress = promisify(gzip)
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 15_000
const GIVE_UP_AFTER = 60 // attempts in a row; about ten minutes

export interface SentBatch {
  accepted: number
  refused: RefusedLine[]
  /** The server's time of the last part; null when nothing was accepted. */
  acceptedAt: string | null
}

export interface BatchSender {
  send(lines: readonly number[], events: readonly string[]): Promise<SentBatch>
  retries(): number
}

export function createBatchSender(deps: {
  url: string
  adminKey: string
  sleep: (ms: number) => Promise<unknown>
  random: () => number
}): BatchSender {
  let retries = 0

  async function send(lines: readonly number[], events: readonly string[]): Promise<SentBatch> {
    if (events.length === 0) return { accepted: 0, refused: [], acceptedAt: null }
    const body = await compress(`[${events.join(',')}]`)
    const { status, body: answer } = await post(body)
    if (status === 202 || status === 422) return readAnswer(answer as IngestResponse, lines)
    if (status === 413 && events.length > 1) return sendHalves(lines, events)
    if (status === 413) return { accepted: 0, refused: [tooLarge(lines)], acceptedAt: null }
    throw refusal(status, answer)
  }

  async function sendHalves(lines: readonly number[], events: readonly string[]): Promise<SentBatch> {
    const middle = Math.ceil(events.length / 2)
    const left = await send(lines.slice(0, middle), events.slice(0, middle))
    const right = await send(lines.slice(middle), events.slice(middle))
    return {
      accepted: left.accepted + right.accepted,
      refused: [...left.refused, ...right.refused],
      acceptedAt: right.acceptedAt ?? left.acceptedAt,
    }
  }

  async function post(body: Uint8Array): Promise<ServerReply> {
    for (let attempt = 1; ; attempt++) {
      const reply = await tryPost(body)
      if (!(reply instanceof CommandError) && !isTemporary(reply.status)) return reply
      if (attempt >= GIVE_UP_AFTER)
        throw reply instanceof CommandError ? reply : refusal(reply.status, reply.body)
      retries += 1
      await deps.sleep(waitBefore(attempt, reply))
    }
  }

  async function tryPost(body: Uint8Array): Promise<ServerReply | CommandError> {
    try {
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
      return await askServer(deps.url, { method: 'POST', key: deps.adminKey, body, headers })
    } catch (error) {
      if (error instanceof CommandError && error.exitCode === EXIT.unavailable) return error
      throw error
    }
  }

  /** What the server asks for, else twice as long as before; with jitter, because several senders wait at once. */
  function waitBefore(attempt: number, reply: ServerReply | CommandError): number {
    const asked =
      reply instanceof CommandError ? Number.NaN : Number(reply.headers.get('retry-after') ?? Number.NaN)
    const backOff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt - 1, 10))
    return (
      (Number.isFinite(asked) ? Math.max(asked * 1000, FIRST_WAIT_MS) : backOff) * (0.75 + deps.random() / 2)
    )
  }

  return { send, retries: () => retries }
}

const isTemporary = (status: number): boolean => status === 408 || status === 429 || status >= 500

function readAnswer(answer: IngestResponse, lines: readonly number[]): SentBatch {
  const refused = answer.rejected.map(({ index, code, message }) => ({
    line: lines[index] ?? 0,
    code,
    message,
  }))
  return { accepted: answer.accepted, refused, acceptedAt: answer.accepted > 0 ? answer.accepted_at : null }
}

const tooLarge = (lines: readonly number[]): RefusedLine => ({
  line: lines[0] ?? 0,
  code: 'body_too_large',
  message: 'the event alone is too large for a request',
})

// Sends one body until it is answered, over kept connections. A repeat is the same bytes, so it can never double anything.
import type { IngestResponse } from '@penstock/contract'
import type { Pool } from 'undici'

const ATTEMPTS = 20
const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 2000

export type SendResult =
  | {
      kind: 'answered'
      accepted: number
      rejected: number
      acceptedAt: string
      repeats: number
      firstProblem?: string
    }
  | { kind: 'failed'; why: string; repeats: number }

export interface Sender {
  send(body: Buffer): Promise<SendResult>
}

export function createSender(deps: {
  pool: Pool
  path: string
  writeKey: string
  gzip: boolean
  sleep: (ms: number) => Promise<unknown>
}): Sender {
  const headers = {
    authorization: `Bearer ${deps.writeKey}`,
    'content-type': 'application/json',
    ...(deps.gzip ? { 'content-encoding': 'gzip' } : {}),
  }
  return {
    async send(body) {
      for (let attempt = 0; ; attempt++) {
        const outcome = await sendOnce(body)
        if (outcome.kind === 'answered') return { ...outcome, repeats: attempt }
        if (!outcome.again || attempt + 1 >= ATTEMPTS)
          return { kind: 'failed', why: outcome.why, repeats: attempt }
        await deps.sleep(outcome.afterMs ?? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt))
      }
    },
  }

  async function sendOnce(body: Buffer) {
    try {
      const response = await deps.pool.request({ method: 'POST', path: deps.path, headers, body })
      const { statusCode: status } = response
      if (status === 202 || status === 422) {
        const answer = (await response.body.json()) as IngestResponse
        const { accepted, rejected, accepted_at: acceptedAt } = answer
        const [first] = rejected
        const problem = first === undefined ? {} : { firstProblem: `${first.code}: ${first.message}` }
        return { kind: 'answered', accepted, rejected: rejected.length, acceptedAt, ...problem } as const
      }
      const text = await response.body.text()
      const retryAfter = Number(response.headers['retry-after'])
      const again = status === 408 || status === 429 || status >= 500
      const wait = Number.isFinite(retryAfter) ? { afterMs: retryAfter * 1000 } : {}
      return { kind: 'refused', again, why: `${status} ${text.slice(0, 200)}`, ...wait } as const
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      return { kind: 'refused', again: true, why: code ?? message, afterMs: undefined } as const
    }
  }
}

// Sends one body: the try goes into the ledger before, the answer after. Holds every answer to the contract: what is good
// is accepted, what was spoilt is refused by its index, 503 and 429 say when to come back. Anything else is a surprise, and a
// run with a surprise is red. Never retries by itself.
import type { ApiClient, Answer } from '../program/api-client.ts'
import type { Entry, Ledger } from './ledger.ts'
import type { EventMaker } from './made-event.ts'
import { spell, spoil } from './spelling.ts'

export const SHAPES = ['array', 'envelope', 'ndjson'] as const

export interface Sending {
  road: 'ingest' | 'import'
  entries: readonly Entry[]
  shape: (typeof SHAPES)[number]
  gzip: boolean
}

/** `cut`: no whole answer, the outcome is unknown. `later`: 503 or 429, the same body again is safe. */
export type SendOutcome = 'accepted' | 'refused' | 'later' | 'cut'

export interface Sender {
  send(sending: Sending): Promise<SendOutcome>
  /** Answers that break the contract, the first 50. */
  surprises(): readonly string[]
}

const MAX_SURPRISES = 50

export function createSender(deps: { api: ApiClient; ledger: Ledger; maker: EventMaker }): Sender {
  const { api, ledger, maker } = deps
  const surprises: string[] = []
  const surprise = (text: string) => {
    if (surprises.length < MAX_SURPRISES) surprises.push(text)
  }

  const judge = async (send: number, sending: Sending, answer: Answer): Promise<SendOutcome> => {
    if (answer.status === 503 || answer.status === 429) {
      if (answer.headers['retry-after'] === undefined)
        surprise(`${answer.status} without Retry-After: ${answer.text}`)
      ledger.failed(send, String(answer.status))
      return 'later'
    }
    const spoilt = sending.entries.flatMap((entry, index) => (entry.variant < 0 ? [index] : []))
    const expected = spoilt.length === sending.entries.length ? 422 : 202
    if (answer.status !== expected) {
      surprise(`${answer.status} instead of ${expected}: ${answer.text.slice(0, 500)}`)
      ledger.failed(send, String(answer.status))
      return 'refused'
    }
    const body = answer.json() as {
      accepted_at: string
      accepted: number
      rejected: { index: number; code: string }[]
    }
    const rejected = body.rejected.map((entry) => entry.index)
    if (JSON.stringify(rejected) !== JSON.stringify(spoilt)) {
      surprise(
        `refused [${body.rejected.map((entry) => `${entry.index} ${entry.code}`).join()}] instead of [${spoilt.join()}]`,
      )
    }
    if (body.accepted + rejected.length !== sending.entries.length)
      surprise(`does not add up: ${answer.text.slice(0, 300)}`)
    if (answer.status === 202) await ledger.answered(send, body.accepted_at, rejected)
    else ledger.failed(send, '422')
    return answer.status === 202 ? 'accepted' : 'refused'
  }

  return {
    surprises: () => surprises,
    async send(sending) {
      const send = await ledger.tried(sending.road, sending.entries)
      let answer: Answer
      try {
        answer = await api.post(sending.road === 'ingest' ? '/events' : '/v1/import', {
          ...bodyOf(maker, sending),
          gzip: sending.gzip,
        })
      } catch (error) {
        ledger.failed(send, error instanceof Error ? error.message : String(error))
        return 'cut'
      }
      return judge(send, sending, answer)
    },
  }
}

function bodyOf(maker: EventMaker, sending: Sending): { text: string; contentType: string } {
  const texts = sending.entries.map(({ number, variant, spelling }) =>
    variant < 0 ? spoil(maker.fields(number, 0), -variant) : spell(maker.fields(number, variant), spelling),
  )
  if (sending.shape === 'ndjson') return { text: texts.join('\n'), contentType: 'application/x-ndjson' }
  const array = texts.length === 1 && sending.shape === 'array' ? texts[0]! : `[${texts.join(',')}]`
  if (sending.shape === 'array') return { text: array, contentType: 'application/json' }
  return {
    text: `{"sent_at":"${new Date().toISOString()}","events":${array}}`,
    contentType: 'application/json',
  }
}

import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { describe, expect, it } from 'vitest'
import { mapNatsError } from './map-error.ts'
import { openStreamAnswers } from './stream-answers.ts'

type Callback = (error: Error | null, answer: Msg) => void

/** A connection that keeps what is published, and is answered by hand. */
function createConnection() {
  const published: { subject: string; reply: string; data: Uint8Array }[] = []
  let callback: Callback | undefined
  let failure: Error | null = null
  const connection = {
    subscribe(_subject: string, options: { callback: Callback }) {
      callback = options.callback
    },
    publish(subject: string, data: Uint8Array, { reply }: { reply: string }) {
      if (failure !== null) throw failure
      published.push({ subject, reply, data })
    },
  } as unknown as NatsConnection
  const answer = (at: number, body: string, code = 0): void =>
    callback?.(null, {
      subject: published[at]?.reply ?? '',
      data: Buffer.from(body),
      headers: code === 0 ? headers() : headers(code, 'No Responders'),
      json: () => JSON.parse(body) as unknown,
    } as unknown as Msg)
  return {
    answers: openStreamAnswers(connection),
    published,
    answer,
    refuse: () => callback?.(new Error('permissions violation'), {} as Msg),
    failWith: (error: Error | null) => (failure = error),
  }
}

const message = (text = 'x') => ({ subject: 'log.events.0', data: Buffer.from(text), headers: headers() })
const kindOf = (work: Promise<unknown>) =>
  work.then(
    () => 'stored',
    (error: unknown) => mapNatsError(error, true).kind,
  )

describe('an answer', () => {
  it('that never comes is an unknown outcome, and one that comes late harms nobody', async () => {
    const { answers, answer } = createConnection()
    expect(await kindOf(answers.publish(message(), 1))).toBe('outcome_unknown')
    const next = answers.publish(message(), 1_000)
    answer(0, '{"stream":"log_0","seq":1}')
    answer(1, '{"stream":"log_0","seq":2}')
    expect(await next).toBe(2)
  })
  it('that nobody gives says that nothing was stored', async () => {
    const { answers, answer } = createConnection()
    const work = kindOf(answers.publish(message(), 1_000))
    answer(0, '', 503)
    expect(await work).toBe('unavailable')
  })
  it('that refuses the message keeps the code', async () => {
    const { answers, answer } = createConnection()
    const work = answers.publish(message(), 1_000).catch((error: unknown) => mapNatsError(error, true))
    answer(
      0,
      '{"error":{"code":400,"err_code":10071,"description":"wrong last sequence"},"stream":"","seq":0}',
    )
    expect(await work).toMatchObject({ kind: 'rejected', driverCode: '10071' })
  })
  it('of something that is no stream is an unknown outcome', async () => {
    const { answers, answer } = createConnection()
    const work = kindOf(answers.publish(message(), 1_000))
    answer(0, '{}')
    expect(await work).toBe('outcome_unknown')
  })
  it('goes to the message it is for, whatever the order', async () => {
    const { answers, answer, published } = createConnection()
    const work = ['a', 'b', 'c'].map((text) => answers.publish(message(text), 1_000))
    expect(published.map(({ data }) => Buffer.from(data).toString())).toEqual(['a', 'b', 'c'])
    for (const at of [2, 0, 1]) answer(at, `{"stream":"log_0","seq":${at + 10},"duplicate":${at === 1}}`)
    expect(await Promise.all(work)).toEqual([10, 11, 12])
  })
})

it('a message that cannot be sent is told at once, and the next one is sent', async () => {
  const { answers, answer, failWith } = createConnection()
  failWith(new TypeError('closed'))
  await expect(answers.publish(message(), 1_000)).rejects.toThrow('closed')
  failWith(null)
  const next = answers.publish(message(), 1_000)
  answer(0, '{"stream":"log_0","seq":1}')
  expect(await next).toBe(1)
})

it('an inbox that may not be read leaves the outcome unknown', async () => {
  const { answers, refuse } = createConnection()
  const work = kindOf(answers.publish(message(), 1))
  refuse()
  expect(await work).toBe('outcome_unknown')
})

it('message ids differ, within a connection and between two', () => {
  const ids = [createConnection(), createConnection()].flatMap(({ answers }) => [
    answers.newMessageId(),
    answers.newMessageId(),
  ])
  expect(new Set(ids).size).toBe(4)
})

import { headers, type Msg } from '@nats-io/transport-node'
import { describe, expect, it } from 'vitest'
import { readHeaders } from './header-text.ts'

const HEAD = 'NATS/1.0\r\nNats-Subject: log.events.0\r\nNats-Sequence: 12\r\nNats-Msg-Id: a b\r\n\r\n'

/** A message as the client hands it over, or one whose bytes lie elsewhere. */
function message(head: string, { body = '', reply = '', elsewhere = false } = {}): Msg {
  const bytes = Buffer.from(`before${head}${body}`)
  const at = bytes.byteOffset + 'before'.length + head.length
  const own = headers()
  own.append('Nats-Sequence', '12')
  own.append('Only-There', 'x')
  return {
    subject: 'log.stored.0',
    reply,
    data: elsewhere ? new Uint8Array(Buffer.from(body)) : new Uint8Array(bytes.buffer, at, body.length),
    headers: own,
    size: () => 'log.stored.0'.length + reply.length + head.length + body.length,
  } as unknown as Msg
}

describe('a header', () => {
  it.each([
    ['of a message without data', message(HEAD)],
    ['of a message with data', message(HEAD, { body: 'Nats-Sequence: 9', reply: 'inbox' })],
    ['of a message whose bytes lie elsewhere', message(HEAD, { body: '1', elsewhere: true })],
    ['of something that does not begin as headers do', message(`X${HEAD}`)],
  ])('%s', (_, from) => {
    expect(readHeaders(from)('Nats-Sequence')).toBe('12')
  })
  it('is its whole line', () => {
    expect(readHeaders(message(HEAD))('Nats-Msg-Id')).toBe('a b')
  })
  it('that the bytes do not have is asked of the client, and empty when nobody has it', () => {
    const header = readHeaders(message(HEAD))
    expect(header('Only-There')).toBe('x')
    expect(header('Sequence')).toBe('')
  })
})

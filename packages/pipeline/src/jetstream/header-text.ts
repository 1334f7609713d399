// Single headers of a message, read out of its bytes. The client's own reading makes a list, a map and checks of all headers before it
// gives out the first; what the server announces of every stored message has ten, of which three are wanted.
import type { Msg } from '@nats-io/transport-node'

export type ReadHeader = (name: string) => string

/** For a message that is looked at now; an absent header is empty. */
export function readHeaders(message: Msg): ReadHeader {
  const text = headerText(message)
  return (name) => {
    const at = text.indexOf(`\r\n${name}: `)
    if (at < 0) return message.headers?.get(name) ?? ''
    const start = at + name.length + 4
    return text.slice(start, text.indexOf('\r\n', start))
  }
}

/** The client's messages have it, its types do not. */
type Sized = Msg & { size?: () => number }

/** The client keeps a message's headers right before its data. Empty when that is not so (any more): then it is asked itself. */
function headerText(message: Sized): string {
  const { data } = message
  const length = (message.size?.() ?? 0) - message.subject.length - (message.reply ?? '').length - data.length
  const start = data.byteOffset - length
  if (length <= 0 || start < 0) return ''
  const text = Buffer.from(data.buffer, start, length).toString('latin1')
  return text.startsWith('NATS/1.0\r\n') && text.endsWith('\r\n\r\n') ? text : ''
}

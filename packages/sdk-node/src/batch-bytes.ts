// A batch's bytes, from its events one by one: no text of the whole batch is made, measured and copied first.
import type { StoredEvent } from '@penstock/sdk-core'

const [OPEN, COMMA, CLOSE] = Buffer.from('[,]') as unknown as [number, number, number]

/** The JSON array of these events, in UTF-8. */
export function batchBytes(events: readonly Pick<StoredEvent, 'text' | 'bytes'>[]): Buffer {
  const punctuation = Math.max(2, events.length + 1)
  const body = Buffer.allocUnsafe(events.reduce((sum, { bytes }) => sum + bytes, punctuation))
  let at = 0
  body[at++] = OPEN
  for (const { text } of events) {
    if (at > 1) body[at++] = COMMA
    at += body.write(text, at)
  }
  body[at++] = CLOSE
  return body.subarray(0, at)
}

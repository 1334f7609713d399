// Requests to the gateway. Plain text with the key in the query, so that no browser asks for permission first (no preflight),
// and with `keepalive` while there is room: browsers let such requests outlive the page, 64 KiB of them together.
import type { Answer, Payload, Transport } from '@penstock/sdk-core'
import { byteLength } from './platform.ts'
import type { ResolvedCore } from './options.ts'

/** Of the 64 KiB that a browser grants a page's requests in all; the rest is left to the page itself. */
const KEEPALIVE_BYTES = 60_000

export interface BrowserTransport extends Transport {
  /** Bytes that a request may have now and outlive the page. */
  room(): number
}

export function createTransport({ host, writeKey, requestTimeoutMs }: ResolvedCore): BrowserTransport {
  /** Bodies of requests that outlive the page. */
  const underWay = new Set<string>()
  const room = (): number => KEEPALIVE_BYTES - byteLength([...underWay].join(''))

  async function send({ body }: Payload, query: string, isLast?: boolean): Promise<Answer> {
    const text = body as string
    const url = `${host}/events?write_key=${encodeURIComponent(writeKey)}&${query}`
    if (isLast && !('keepalive' in Request.prototype)) {
      navigator.sendBeacon(url, text)
      return { status: 0 }
    }
    const keepalive = byteLength(text) <= room()
    if (keepalive) underWay.add(text)
    const aborter = new AbortController()
    const timer = setTimeout(() => aborter.abort(), requestTimeoutMs)
    try {
      const response = await fetch(url, {
        method: 'POST',
        body: text,
        keepalive,
        credentials: 'omit',
        redirect: 'manual',
        signal: aborter.signal,
      })
      return {
        // The status of a redirect is hidden from pages.
        status: response.type === 'opaqueredirect' ? 302 : response.status,
        body: await response.text(),
        retryAfter: response.headers.get('retry-after'),
      }
    } finally {
      clearTimeout(timer)
      underWay.delete(text)
    }
  }

  return {
    pack: (events) => ({ body: `[${events.map(({ text }) => text).join()}]` }),
    send,
    room,
  }
}

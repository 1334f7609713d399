// Requests to the gateway. Plain text with the key in the query, so that no browser asks for permission first (no preflight),
// and with `keepalive` while there is room: browsers let such requests outlive the page, 64 KiB of them together.
import type { Answer, Transport } from '@penstock/sdk-core'

/** Of the 64 KiB that a browser grants a page's requests in all; the rest is left to the page itself. */
export const KEEPALIVE_BYTES = 60_000

export interface BrowserTransport extends Transport {
  /** Bytes that a request may have now and outlive the page. */
  room(): number
  /** Whether this event is on its way in a request that outlives the page. */
  carries(id: string): boolean
  /** A last delivery: begins now and outlives the page. Status 0 where the browser tells no answer (`sendBeacon`). */
  sendLast(text: string): Promise<Answer>
}

export function createTransport(deps: {
  host: string
  writeKey: string
  byteLength: (text: string) => number
  now: () => number
}): BrowserTransport {
  const underWay = new Set<string>()
  let used = 0
  const address = (query: string) =>
    `${deps.host}/events?write_key=${encodeURIComponent(deps.writeKey)}&${query}`

  async function post(body: string, query: string, timeoutMs: number): Promise<Answer> {
    const bytes = deps.byteLength(body)
    const keepalive = bytes <= KEEPALIVE_BYTES - used
    if (keepalive) {
      used += bytes
      underWay.add(body)
    }
    const aborter = new AbortController()
    const timer = setTimeout(() => aborter.abort(), timeoutMs)
    try {
      const response = await fetch(address(query), {
        method: 'POST',
        body,
        keepalive,
        credentials: 'omit',
        redirect: 'manual',
        signal: aborter.signal,
      })
      // The status of a redirect is hidden from pages.
      const status = response.type === 'opaqueredirect' ? 302 : response.status
      return { status, body: await response.text(), retryAfter: response.headers.get('retry-after') }
    } catch (cause) {
      return { status: 0, cause }
    } finally {
      clearTimeout(timer)
      if (keepalive) {
        used -= bytes
        underWay.delete(body)
      }
    }
  }

  return {
    encode: (events) => ({ body: `[${events.map(({ text }) => text).join()}]` }),
    send: ({ body }, { query, timeoutMs }) => post(body as string, query, timeoutMs),
    room: () => KEEPALIVE_BYTES - used,
    carries: (id) => [...underWay].some((body) => body.includes(id)),
    sendLast(text) {
      const query = `sent_at=${new Date(deps.now()).toISOString()}`
      if ('keepalive' in Request.prototype) return post(text, query, 30_000)
      navigator.sendBeacon(address(query), text)
      return Promise.resolve({ status: 0 })
    },
  }
}

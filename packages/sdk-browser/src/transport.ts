// Requests to the gateway. Plain text with the key in the query, so that no browser asks for permission first (no preflight),
// and with `keepalive` while there is room: browsers let such requests outlive the page, 64 KiB of them together.
import type { Answer, StoredEvent, Transport } from '@penstock/sdk-core'
import { browserClock, byteLength } from './platform.ts'
import type { ResolvedCore } from './options.ts'

/** Of the 64 KiB that a browser grants a page's requests in all; the rest is left to the page itself. */
const KEEPALIVE_BYTES = 60_000

export interface BrowserTransport extends Transport {
  /** Bytes that a request may have now and outlive the page. */
  room(): number
  /** Whether this event is on its way in a request that outlives the page. */
  carries(event: StoredEvent): boolean
  /** A last delivery: begins now and outlives the page. Status 0 where the browser tells no answer (`sendBeacon`). */
  sendLast(events: readonly StoredEvent[]): Promise<Answer>
}

export function createTransport({ host, writeKey, requestTimeoutMs }: ResolvedCore): BrowserTransport {
  /** Bodies of requests that outlive the page. */
  const underWay = new Set<string>()
  const room = (): number => KEEPALIVE_BYTES - byteLength([...underWay].join(''))
  const address = (query: string): string =>
    `${host}/events?write_key=${encodeURIComponent(writeKey)}&${query}`
  const pack = (events: readonly StoredEvent[]) => ({ body: `[${events.map(({ text }) => text).join()}]` })

  async function post(body: string, query: string): Promise<Answer> {
    const keepalive = byteLength(body) <= room()
    if (keepalive) underWay.add(body)
    const aborter = new AbortController()
    const timer = setTimeout(() => aborter.abort(), requestTimeoutMs)
    try {
      const response = await fetch(address(query), {
        method: 'POST',
        body,
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
    } catch (cause) {
      return { status: 0, cause }
    } finally {
      clearTimeout(timer)
      underWay.delete(body)
    }
  }

  return {
    pack,
    send: ({ body }, query) => post(body as string, query),
    room,
    carries: ({ id }) => [...underWay].some((body) => body.includes(id)),
    async sendLast(events) {
      const { body } = pack(events)
      const query = `sent_at=${browserClock.timeText(Date.now())}`
      if ('keepalive' in Request.prototype) return post(body, query)
      navigator.sendBeacon(address(query), body)
      return { status: 0 }
    },
  }
}

// Bodies of the end-to-end benchmark, made before the clock runs: the load generator shares the program's two cores, and its
// share should be sending. Events are about 550 bytes, ids are new in every body.
import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'

export interface MadeBody {
  bytes: Buffer
  /** Of the first event. */
  eventId: string
}

let made = 0

/** Time-ordered ids like an SDK's: UUIDv7 of now, with a counter that makes them differ. */
function nextId(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  const random = randomBytes(4).toString('hex')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${(made & 0xfff).toString(16).padStart(3, '0')}-8${random.slice(0, 3)}-${random.slice(3)}${(++made).toString(16).padStart(7, '0')}`
}

const PAGES = ['/', '/pricing', '/docs', '/docs/quick-start', '/blog', '/checkout', '/account', '/search']
const NAMES = [
  'Product Viewed',
  'Product Added',
  'Checkout Started',
  'Order Completed',
  'Search',
  'Signed Up',
]

function eventText(id: string): string {
  const person = made % 20_011
  const page = PAGES[made % PAGES.length]!
  return JSON.stringify({
    event_id: id,
    type: made % 4 === 0 ? 'page' : 'track',
    ...(made % 4 === 0 ? { name: page } : { event: NAMES[made % NAMES.length] }),
    timestamp: new Date(Date.now() - (made % 86_400) * 1000).toISOString(),
    ...(person % 3 === 0 ? {} : { user_id: `user_${person}` }),
    anonymous_id: `anon_${person}`,
    session_id: `s_${person}_${made % 7}`,
    seq: made % 100,
    properties: {
      path: page,
      price: (made % 10_000) / 100,
      currency: 'EUR',
      quantity: made % 5,
      sku: `sku-${made % 997}`,
      list: 'recommended',
      position: made % 20,
    },
    context: {
      library: { name: 'penstock-browser', version: '1.0.0' },
      page: { path: page, title: 'A page of the shop', referrer: 'https://example.com/' },
      locale: 'de-DE',
      screen: { width: 1920, height: 1080 },
      campaign: { source: 'newsletter', medium: 'email' },
    },
  })
}

/** One gzip body of so many new events. */
export function makeBody(events: number): MadeBody {
  const first = nextId()
  const texts = [eventText(first)]
  while (texts.length < events) texts.push(eventText(nextId()))
  return { bytes: gzipSync(`[${texts.join(',')}]`, { level: 1 }), eventId: first }
}

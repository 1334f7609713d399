// The measured SDKs behind one face: `track(n)` for one event of about 450 bytes, `room()` to be awaited between events where an
// SDK has such a thing, `end()` when everything is tracked. Tuned: larger batches, as each SDK's documentation says.
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const peers = createRequire(new URL('./peers/package.json', import.meta.url))

const properties = (n) => ({
  bench_n: n,
  order_id: `order-${n}`,
  total: 129.95,
  currency: 'EUR',
  coupon: null,
  gift: false,
  channel: 'web',
  items: [
    { sku: 'A-1001', name: 'Blue shirt, large', price: 49.95, quantity: 1 },
    { sku: 'B-2002', name: 'Running shoes, 43', price: 80, quantity: 1 },
  ],
})

const EVENT = 'Order Completed'

export const clients = {
  /** What delivery costs when nothing is kept, bounded, retried or accounted for. */
  async 'floor-undici'({ url }) {
    const { Pool } = await import('undici')
    const pool = new Pool(url, { connections: 4 })
    let batch = []
    let open = []
    const flush = () => {
      const body = `[${batch.join()}]`
      batch = []
      const headers = { 'content-type': 'application/json' }
      const sent = pool
        .request({ path: '/events', method: 'POST', headers, body })
        .then(({ body }) => body.dump())
        .catch(() => undefined)
      open.push(sent)
      void sent.then(() => (open = open.filter((other) => other !== sent)))
    }
    return {
      track(n) {
        const event = { event_id: crypto.randomUUID(), type: 'track', event: EVENT, user_id: 'user-1' }
        batch.push(
          JSON.stringify({ ...event, timestamp: new Date().toISOString(), properties: properties(n) }),
        )
        if (batch.length === 500) flush()
      },
      room: () => (open.length >= 8 ? Promise.race(open) : undefined),
      async end() {
        if (batch.length > 0) flush()
        await Promise.all(open)
        await pool.close()
      },
    }
  },

  penstock: ({ url }) => openPenstock({ writeKey: 'pk', host: url }),
  async 'penstock-spool'({ url }) {
    const directory = mkdtempSync(join(tmpdir(), 'penstock-bench-'))
    const client = await openPenstock({ writeKey: 'pk', host: url, spool: { directory } })
    return {
      ...client,
      async end() {
        await client.end()
        rmSync(directory, { recursive: true, force: true })
      },
    }
  },

  async posthog({ url, tuned }) {
    const { PostHog } = peers('posthog-node')
    const client = new PostHog('phc', {
      host: url,
      ...(tuned ? { flushAt: 500, maxBatchSize: 500, maxQueueSize: 1_000_000 } : {}),
    })
    return {
      track: (n) => client.capture({ distinctId: 'user-1', event: EVENT, properties: properties(n) }),
      end: () => client.shutdown(120_000),
    }
  },
  async segment({ url, tuned }) {
    const { Analytics } = peers('@segment/analytics-node')
    const client = new Analytics({ writeKey: 'wk', host: url, ...(tuned ? { flushAt: 500 } : {}) })
    return {
      track: (n) => client.track({ userId: 'user-1', event: EVENT, properties: properties(n) }),
      end: () => client.closeAndFlush({ timeout: 120_000 }),
    }
  },
  /** Has no queue: an event is a request, or the caller collects batches (tuned). */
  async mixpanel({ url, tuned }) {
    const { protocol, hostname, port } = new URL(url)
    const client = peers('mixpanel').init('token', {
      protocol: protocol.slice(0, -1),
      host: `${hostname}:${port}`,
      keepAlive: true,
    })
    const open = new Set()
    let batch = []
    const send = (call) => {
      const sent = new Promise((resolve) => call(resolve)).then(() => void open.delete(sent))
      open.add(sent)
    }
    const flush = () => {
      const events = batch
      batch = []
      send((done) => client.track_batch(events, { max_batch_size: 50 }, done))
    }
    return {
      track(n) {
        const fields = { distinct_id: 'user-1', ...properties(n) }
        if (!tuned) send((done) => client.track(EVENT, fields, done))
        else if (batch.push({ event: EVENT, properties: fields }) === 500) flush()
      },
      room: () => (open.size >= (tuned ? 8 : 512) ? Promise.race(open) : undefined),
      async end() {
        if (batch.length > 0) flush()
        await Promise.all(open)
      },
    }
  },
}

async function openPenstock(options) {
  const { createPenstock } = await import('@penstock/node')
  const client = createPenstock(options)
  return {
    track: (n) => client.track({ userId: 'user-1', event: EVENT, properties: properties(n) }),
    room: client.ready,
    async end() {
      const { remaining } = await client.shutdown({ timeoutMs: 120_000 })
      if (remaining > 0) throw new Error(`${remaining} were not delivered`)
    },
  }
}

// Load generator, a process of its own: raw sockets, requests made beforehand, one in flight per connection. Reports how many
// events were answered 202, and every other answer.
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'

const BODIES = 32

/** About 550 bytes of JSON, like a page's click with its context. */
function event(index) {
  return {
    event_id: randomUUID(),
    type: 'track',
    event: ['Product Viewed', 'Product Added', 'Checkout Started', 'Order Placed'][index % 4],
    timestamp: new Date(Date.now() - index * 17).toISOString(),
    user_id: `user-${(index * 7919) % 50_000}`,
    anonymous_id: randomUUID(),
    session_id: randomUUID(),
    seq: index,
    properties: { product_id: `sku-${(index * 31) % 9_973}`, category: 'kitchen', price: (index % 977) / 10, currency: 'EUR', quantity: 1 + (index % 3), tags: ['new', 'sale'] },
    context: { page: { path: `/products/${index % 401}`, title: 'Kitchen things' }, locale: 'de-DE', library: { name: 'penstock-js', version: '1.4.2' } },
  } // prettier-ignore
}

function requestOf(cell) {
  const events = Array.from({ length: cell.batch }, (_, index) => event(index))
  const text = JSON.stringify(cell.batch === 1 ? events[0] : { sent_at: new Date().toISOString(), events })
  const body = cell.gzip ? gzipSync(text) : Buffer.from(text)
  const head = [
    'POST /events HTTP/1.1', 'host: 127.0.0.1', 'authorization: Bearer pk_dev', 'content-type: application/json',
    ...(cell.gzip ? ['content-encoding: gzip'] : []), `content-length: ${body.length}`, '', '',
  ].join('\r\n') // prettier-ignore
  return { request: Buffer.concat([Buffer.from(head), body]), eventBytes: text.length / cell.batch }
}

function drive(port, cell, requests) {
  return new Promise((resolve, reject) => {
    const result = { events: 0, other: 0, eventBytes: requests[0].eventBytes }
    let left = Math.ceil(cell.events / cell.batch)
    let open = cell.connections
    for (let index = 0; index < cell.connections; index++) {
      const socket = connect(port, '127.0.0.1').setNoDelay(true)
      let seen = ''
      let turn = index
      const next = () => {
        if (left-- > 0) socket.write(requests[turn++ % requests.length].request)
        else {
          socket.end()
          if (--open === 0) resolve(result)
        }
      }
      socket.on('connect', next).on('error', reject)
      socket.on('data', (data) => {
        seen += data.toString('latin1')
        const end = seen.indexOf('\r\n\r\n')
        if (end < 0) return
        const length = /content-length: (\d+)/i.exec(seen)
        const whole =
          length === null ? seen.endsWith('0\r\n\r\n') : seen.length >= end + 4 + Number(length[1])
        if (!whole) return
        if (seen.startsWith('HTTP/1.1 202') && !seen.includes('"rejected":[{')) result.events += cell.batch
        else if (result.other++ === 0) console.error(seen.slice(0, 500))
        seen = ''
        next()
      })
    }
  })
}

const made = new Map()
process.on('message', async ({ port, cell }) => {
  if (!made.has(cell.name))
    made.set(
      cell.name,
      Array.from({ length: BODIES }, () => requestOf(cell)),
    )
  process.send(await drive(port, cell, made.get(cell.name)))
})
process.on('disconnect', () => process.exit(0))

// An Express backend that tracks what its customers do.
import { createPenstock } from '@penstock/node'
import express from 'express'

const penstock = createPenstock({
  writeKey: process.env.PENSTOCK_WRITE_KEY ?? 'pk_dev',
  host: process.env.PENSTOCK_URL ?? 'http://127.0.0.1:4180',
  spool: { directory: process.env.SPOOL_DIRECTORY ?? '.penstock-spool' }, // what is tracked survives kill -9
})

const app = express()
app.use(express.json())

// A bound client for each request: who it is, and where it came from.
app.use((request, response, next) => {
  request.penstock = penstock.with({
    userId: request.get('x-user-id') ?? 'guest',
    context: { page: { path: request.path }, user_agent: request.get('user-agent') },
  })
  next()
})

app.post('/orders', (request, response) => {
  const { total } = request.body
  request.penstock.track({ event: 'Order Completed', properties: { total } }) // never throws, never waits
  response.status(201).json({ ok: true })
})

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`)
})

process.once('SIGTERM', () => {
  server.close(async () => {
    const { remaining, kept } = await penstock.shutdown({ timeoutMs: 5_000 })
    if (remaining > 0) console.error(`${remaining} events unsent, ${kept} of them kept for the next start`)
  })
})

// A Fastify backend: the client is part of the application, and closes with it.
import { createPenstock } from '@penstock/node'
import Fastify from 'fastify'

const app = Fastify()
const penstock = createPenstock({
  writeKey: process.env.PENSTOCK_WRITE_KEY ?? 'pk_dev',
  host: process.env.PENSTOCK_URL ?? 'http://127.0.0.1:4180',
  onDrop: (events, reason) => app.log.warn({ count: events.length, reason }, 'events dropped'),
})

app.decorateRequest('penstock', null)
app.addHook('onRequest', async (request) => {
  request.penstock = penstock.with({ userId: request.headers['x-user-id'] ?? 'guest' })
})
app.addHook('onClose', async () => {
  await penstock.shutdown({ timeoutMs: 5_000 })
})

app.post('/sign-ups', async (request, reply) => {
  const { plan } = request.body
  request.penstock.identify({ traits: { plan } })
  request.penstock.track({ event: 'Signed Up', properties: { plan } })
  return reply.code(201).send({ ok: true })
})

await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })
console.log(`listening on http://127.0.0.1:${app.server.address().port}`)
process.once('SIGTERM', () => app.close())

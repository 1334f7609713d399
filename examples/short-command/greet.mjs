// A command that is over in a moment. It neither flushes nor shuts down: the SDK sends what is queued before Node ends by itself.
import { createPenstock } from '@penstock/node'

const penstock = createPenstock({
  writeKey: process.env.PENSTOCK_WRITE_KEY ?? 'pk_dev',
  host: process.env.PENSTOCK_URL ?? 'http://127.0.0.1:4180',
  shutdownTimeoutMs: 2_000, // without a server the command waits no longer than this
})
const name = process.argv[2] ?? 'world'
penstock.track({
  userId: process.env.USER || 'somebody',
  event: 'Command Run',
  properties: { command: 'greet' },
})
console.log(`hello, ${name}`)

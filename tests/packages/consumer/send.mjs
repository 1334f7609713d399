// An ESM project: every entry of every SDK loads, and events arrive.
import { createPenstock } from '@penstock/node'
import { createPenstock as createBrowserPenstock } from '@penstock/browser'
import { createPenstock as createCore } from '@penstock/browser/core'
import { PenstockProvider } from '@penstock/browser/react'
import { createMemorySink } from '@penstock/testing'
import { startFakeGateway } from '@penstock/testing/gateway'

const [host, event, count] = process.argv.slice(2)

const sink = createMemorySink()
createPenstock({ ...sink.options }).track({ userId: 'u1', event: 'Tested', properties: { total: 1 } })
sink.expectEvent('Tested', { total: 1 })

const gateway = await startFakeGateway()
const toFake = createPenstock({ writeKey: 'pk_test', host: gateway.url })
toFake.track({ userId: 'u1', event: 'Faked' })
await toFake.shutdown()
gateway.expectEvent('Faked')
await gateway.close()

// Where there is no document the browser's client is there and does nothing.
for (const create of [createBrowserPenstock, createCore]) {
  if (create({ writeKey: 'pk_dev', host }).track('On A Server') !== false)
    throw new Error('tracked on a server')
}
if (typeof PenstockProvider !== 'function') throw new Error('no provider')

const penstock = createPenstock({ writeKey: 'pk_dev', host })
for (let number = 0; number < Number(count); number++) {
  penstock.track({ userId: `u${number % 10}`, event, properties: { number } })
}
console.log(JSON.stringify(await penstock.shutdown()))

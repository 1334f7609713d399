// For a CommonJS project: the .d.cts files of every entry. (typebox is ESM only, so this plan is a plain type.)
import { createPenstock as createBrowser } from '@penstock/browser'
import { createPenstock as createCore } from '@penstock/browser/core'
import { useTrack } from '@penstock/browser/react'
import { createPenstock } from '@penstock/node'
import { createMemorySink } from '@penstock/testing'
import { startFakeGateway } from '@penstock/testing/gateway'

type Plan = {
  Paid: { cents: number }
}
const options = { writeKey: 'pk_dev', host: 'https://events.example.com' }
createPenstock<Plan>(options).track({ userId: 'u1', event: 'Paid', properties: { cents: 1 } })
createBrowser<Plan>(options).track('Paid', { cents: 1 })
// @ts-expect-error wrong type
createCore<Plan>(options).track('Paid', { cents: 'one' })
createMemorySink<Plan>().expectEvent('Paid', { cents: (cents) => cents > 0 })
void startFakeGateway().then((gateway) => gateway.close())
export const track = useTrack

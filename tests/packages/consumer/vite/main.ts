// A Vite project: the packed browser SDK and the packed memory sink in a real page.
import { createPenstock } from '@penstock/browser'
import { createMemorySink } from '@penstock/testing'
import type { Plan } from '../plan.js'

const query = new URLSearchParams(location.search)
const sink = createMemorySink<Plan>()
createPenstock<Plan>({ ...sink.options, pageViews: false, persistence: 'memory' }).track('Signed Up', {
  plan: 'pro',
})
sink.expectEvent('Signed Up', { plan: 'pro' })

const penstock = createPenstock({ writeKey: 'pk_dev', host: query.get('host')!, flushIntervalMs: 50 })
for (let number = 0; number < Number(query.get('count')); number++)
  penstock.track(query.get('event')!, { number })
document.title = 'tracked'

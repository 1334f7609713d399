// A CommonJS project: every entry of every SDK can be required, and events arrive.
const { createPenstock } = require('@penstock/node')
const { createPenstock: createBrowserPenstock } = require('@penstock/browser')
const { createPenstock: createCore } = require('@penstock/browser/core')
const { PenstockProvider } = require('@penstock/browser/react')
const { createMemorySink } = require('@penstock/testing')
const { startFakeGateway } = require('@penstock/testing/gateway')

const [host, event, count] = process.argv.slice(2)
for (const one of [createBrowserPenstock, createCore, PenstockProvider, createMemorySink, startFakeGateway]) {
  if (typeof one !== 'function') throw new Error('an export is missing')
}
const penstock = createPenstock({ writeKey: 'pk_dev', host })
for (let number = 0; number < Number(count); number++) {
  penstock.track({ userId: `u${number % 10}`, event, properties: { number } })
}
penstock.shutdown().then((report) => console.log(JSON.stringify(report)))

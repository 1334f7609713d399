// Calls the function the way such a platform does: once, then waits for what was given to `waitUntil`, then freezes it, which
// here is SIGKILL to this very process.
import handler from './handler.mjs'

const pending = []
const request = new Request('https://functions.example/convert', {
  method: 'POST',
  body: JSON.stringify({ userId: process.argv[2] ?? 'ada', document: 'report.pdf' }),
})
const response = await handler(request, { waitUntil: (promise) => pending.push(promise) })
console.log(`answered ${response.status}, ${pending.length} promise to wait for`)
await Promise.all(pending)
process.kill(process.pid, 'SIGKILL')

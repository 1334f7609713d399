// One measurement in a process of its own: { client, tuned, events, mode } from the parent, figures back.
// `paced`: as fast as the SDK's back-pressure allows. `loop`: one loop that never yields; each call is timed.
import { clients, properties } from './clients.mjs'

process.on('message', async ({ name, url, tuned, events, mode }) => {
  try {
    const client = await clients[name]({ url, tuned })
    const spent = new Float64Array(mode === 'loop' ? events : 0)
    const before = process.cpuUsage()
    const started = performance.now()
    if (mode === 'loop') {
      for (let n = 0; n < events; n++) {
        const from = performance.now()
        client.track(n)
        spent[n] = performance.now() - from
      }
    } else {
      for (let n = 0; n < events; n++) {
        const room = client.room?.()
        if (room !== undefined) await room
        client.track(n)
      }
    }
    await client.end()
    const ms = performance.now() - started
    const { user, system } = process.cpuUsage(before)
    spent.sort()
    process.send({
      perSecond: Math.round((events / ms) * 1000),
      cpuMicros: (user + system) / events,
      rssMiB: process.resourceUsage().maxRSS / 1024,
      p50Micros: mode === 'loop' ? spent[events >> 1] * 1000 : null,
      p99Micros: mode === 'loop' ? spent[Math.floor(events * 0.99)] * 1000 : null,
      eventBytes: JSON.stringify(properties(1)).length,
    })
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) })
  }
  process.disconnect()
  process.exit(0)
})

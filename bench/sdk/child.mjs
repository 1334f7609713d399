// One measurement in a process of its own: { name, tuned, mode, … } from the parent, figures back.
// `paced`: as fast as the SDK's back-pressure allows. `loop`: one loop that never yields; each call is timed. `steady`: `rate` events/s for
// `seconds`, or what back-pressure allows of it: what it held back is not made up for. The end may take `endSeconds`, then what is
// undelivered is left.
import { clearInterval, setInterval } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import { clients } from './clients.mjs'

const MOST_AT_ONCE_SECONDS = 0.1

const modes = {
  async paced(client, { events }) {
    for (let n = 0; n < events; n++) {
      const room = client.room?.()
      if (room !== undefined) await room
      client.track(n)
    }
    await client.end()
    return { tracked: events }
  },

  async loop(client, { events }) {
    const spent = new Float64Array(events)
    for (let n = 0; n < events; n++) {
      const from = performance.now()
      client.track(n)
      spent[n] = performance.now() - from
    }
    await client.end()
    spent.sort()
    return {
      tracked: events,
      p50Micros: spent[events >> 1] * 1000,
      p99Micros: spent[Math.floor(events * 0.99)] * 1000,
    }
  },

  async steady(client, { rate, seconds, endSeconds }) {
    const rss = []
    const sampling = setInterval(() => rss.push(process.memoryUsage.rss() / 1_048_576), 500)
    const started = performance.now()
    const elapsed = () => (performance.now() - started) / 1000
    let tracked = 0
    let last = 0
    for (let due = 0; elapsed() < seconds; await sleep(10)) {
      due += Math.min(elapsed() - last, MOST_AT_ONCE_SECONDS) * rate
      last = elapsed()
      for (; due >= 1 && elapsed() < seconds; due--) {
        const room = client.room?.()
        if (room !== undefined) await room
        client.track(tracked++)
      }
    }
    const third = rss.length / 3
    // What it could not deliver, the sink's figures tell.
    await Promise.race([client.end().catch(() => undefined), sleep(endSeconds * 1000)])
    clearInterval(sampling)
    return { tracked, rssThirdMiB: Math.max(...rss.slice(0, third)), rssMiB: Math.max(...rss) }
  },
}

process.on('message', async ({ name, url, tuned, mode, ...load }) => {
  try {
    const client = await clients[name]({ url, tuned })
    const before = process.cpuUsage()
    const started = performance.now()
    const figures = await modes[mode](client, load)
    const ms = performance.now() - started
    const { user, system } = process.cpuUsage(before)
    process.send({
      rssMiB: process.resourceUsage().maxRSS / 1024,
      ...figures,
      ms,
      perSecond: (figures.tracked / ms) * 1000,
      cpuMicros: (user + system) / figures.tracked,
    })
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) })
  }
  process.disconnect()
  process.exit(0)
})

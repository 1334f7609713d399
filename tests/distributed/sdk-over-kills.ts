// From track() to the answers of the services: the Node SDK sends, with its spool on, while a gateway and a worker are killed with -9 and
// started again. What is expected is counted here, at the calls; the project is the test's own, so the answers hold nothing else.
import { setTimeout as sleep } from 'node:timers/promises'
import { createPenstock } from '@penstock/node'
import type { Cluster } from '@penstock/test-kit/cluster'
import { expect } from 'vitest'
import { newTenant } from './tenant.ts'

const NAMES = ['Signed Up', 'Order Completed', 'Searched', 'Ünïcödé 🎈']
const USERS = 150
/** Per step of 5 ms. */
const EVENTS_A_STEP = 8
/** Before each kill and after the last start: events are on their way in each state. */
const PAUSE_MS = 500
const DELIVERED_WITHIN_MS = 30_000
const COUNTED_WITHIN_MS = 30_000

interface Answer {
  data: { event: string; events: number; users: number }[]
}

/** @param directory - of the spool, empty */
export async function countsWhatTheSdkTracked(cluster: Cluster, directory: string): Promise<void> {
  const { write, read } = await newTenant(cluster)
  const penstock = createPenstock({
    writeKey: write,
    host: cluster.url,
    spool: { directory },
    flushIntervalMs: 50,
    maxBatchEvents: 100,
  })
  const counts = new Map<string, number>()
  const users = new Map<string, Set<string>>()
  let number = 0
  let over = false
  const tracking = (async () => {
    while (!over) {
      for (let step = 0; step < EVENTS_A_STEP; step++) {
        const event = NAMES[number % NAMES.length]!
        const userId = `user ${(number * 7) % USERS}`
        number += 1
        expect(penstock.track({ userId, event, properties: { number } })).toBe(true)
        counts.set(event, (counts.get(event) ?? 0) + 1)
        users.set(event, (users.get(event) ?? new Set()).add(userId))
      }
      await penstock.ready()
      await sleep(5)
    }
  })()
  try {
    for (const service of [cluster.gateways[0]!, cluster.workers[0]!]) {
      await sleep(PAUSE_MS)
      await service.kill()
      await sleep(PAUSE_MS)
      await service.startReady()
    }
    await sleep(PAUSE_MS)
  } finally {
    over = true
    await tracking
  }
  expect(await penstock.shutdown({ timeoutMs: DELIVERED_WITHIN_MS })).toMatchObject({
    remaining: 0,
    dropped: {},
  })
  expect(penstock.stats()).toMatchObject({ tracked: number, delivered: number, queued: 0, dropped: {} })

  const expected = NAMES.map((event) => ({ event, events: counts.get(event), users: users.get(event)!.size }))
  await expect
    .poll(() => topEvents(cluster, read), { timeout: COUNTED_WITHIN_MS, interval: 100 })
    .toEqual(expected)
  // Whatever was sent twice would be counted a moment later.
  await sleep(PAUSE_MS)
  expect(await topEvents(cluster, read)).toEqual(expected)
}

/** In the order of NAMES. */
async function topEvents(cluster: Cluster, key: string): Promise<Answer['data']> {
  const response = await fetch(`${cluster.answers.url}/v1/analytics/top-events`, {
    headers: { authorization: `Bearer ${key}` },
  })
  if (!response.ok) return []
  const { data } = (await response.json()) as Answer
  return data
    .map(({ event, events, users }) => ({ event, events, users }))
    .sort((a, b) => NAMES.indexOf(a.event) - NAMES.indexOf(b.event))
}

// From track() to the answers of the services: the Node SDK sends, with its spool on, while a gateway and a worker are killed with -9 and
// started again. What is expected is counted at the calls (keep-tracking.ts); the project is the test's own, so the answers hold nothing else.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '@penstock/test-kit/cluster'
import { expect } from 'vitest'
import { type Expected, keepTracking, NAMES } from '../sdk/keep-tracking.ts'
import { newTenant } from './tenant.ts'

/** Before each kill and after the last start: events are on their way in each state. */
const PAUSE_MS = 500
const DELIVERED_WITHIN_MS = 30_000
const COUNTED_WITHIN_MS = 30_000

interface Answer {
  data: Expected[]
}

/** @param directory - of the spool, empty */
export async function countsWhatTheSdkTracked(cluster: Cluster, directory: string): Promise<void> {
  const { write, read } = await newTenant(cluster)
  const tracker = keepTracking({ url: cluster.url, writeKey: write, directory })
  try {
    for (const service of [cluster.gateways[0]!, cluster.workers[0]!]) {
      await sleep(PAUSE_MS)
      await service.kill()
      await sleep(PAUSE_MS)
      await service.startReady()
    }
    await sleep(PAUSE_MS)
  } finally {
    await tracker.stop()
  }
  const expected = await tracker.deliver(DELIVERED_WITHIN_MS)
  await expect
    .poll(() => topEvents(cluster, read), { timeout: COUNTED_WITHIN_MS, interval: 100 })
    .toEqual(expected)
  // Whatever was sent twice would be counted a moment later.
  await sleep(PAUSE_MS)
  expect(await topEvents(cluster, read)).toEqual(expected)
}

/** In the order of NAMES. */
async function topEvents(cluster: Cluster, key: string): Promise<Expected[]> {
  const response = await fetch(`${cluster.answers.url}/v1/analytics/top-events`, {
    headers: { authorization: `Bearer ${key}` },
  })
  if (!response.ok) return []
  const { data } = (await response.json()) as Answer
  return data
    .map(({ event, events, users }) => ({ event, events, users }))
    .sort((a, b) => NAMES.indexOf(a.event) - NAMES.indexOf(b.event))
}

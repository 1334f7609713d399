// A backend that tracks until it is told to stop, and counts at its calls what the answers must say afterwards.
import { setTimeout as sleep } from 'node:timers/promises'
import { createPenstock } from '@penstock/node'
import { expect } from 'vitest'

export const NAMES = ['Signed Up', 'Order Completed', 'Searched', 'Ünïcödé 🎈']
const USERS = 150
const STEP_MS = 5
const EVENTS_A_STEP = 8

export interface Expected {
  event: string
  events: number
  users: number
}

/** @param directory - of the spool, empty */
export function keepTracking({
  url,
  writeKey,
  directory,
}: {
  url: string
  writeKey: string
  directory: string
}) {
  const penstock = createPenstock({
    writeKey,
    host: url,
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
      await sleep(STEP_MS)
    }
  })()
  return {
    penstock,
    async stop(): Promise<void> {
      over = true
      await tracking
    },
    /** Everything tracked is delivered. @returns what was tracked, in the order of NAMES */
    async deliver(timeoutMs: number): Promise<Expected[]> {
      expect(await penstock.shutdown({ timeoutMs })).toMatchObject({ remaining: 0, dropped: {} })
      expect(penstock.stats()).toMatchObject({ tracked: number, delivered: number, queued: 0, dropped: {} })
      return NAMES.map((event) => ({ event, events: counts.get(event)!, users: users.get(event)!.size }))
    },
  }
}

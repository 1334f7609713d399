import type { EventLog } from '@penstock/pipeline'
import { describe, expect, it } from 'vitest'
import { createMemoryLog } from './ingest/testing/memory-log.ts'
import { watchLog, type WatchedLog } from './log-watch.ts'

/** What a chunk's head says is all that is looked at. */
const chunk = (events: number) => Uint8Array.of(1, 1, events, 0, 0, 0)
const watch = (inner: EventLog) => watchLog(inner, () => 0)

async function append(watched: WatchedLog, ...events: number[]): Promise<void> {
  for (const count of events) await watched.log.append(0, chunk(count))
}

describe('events that wait in the log', () => {
  it('are known of the messages that this process appended', async () => {
    const watched = watch(createMemoryLog().log)
    await append(watched, 7, 0, 3)
    expect(watched.eventsAfter(0, 0, 3, 100)).toBe(10)
    expect(watched.eventsAfter(0, 1, 3, 100)).toBe(3)
  })

  it('are estimated of all others, wherever theirs stand among the own', async () => {
    const { log } = createMemoryLog()
    const [own, other] = [watch(log), watch(log)]
    for (let pair = 0; pair < 50; pair++) {
      await append(own, 10)
      await append(other, 10)
    }
    for (const watched of [own, other]) {
      expect(watched.eventsAfter(0, 0, 100, 10)).toBe(1_000)
      expect(watched.eventsAfter(0, 90, 100, 10)).toBe(100)
    }
  })

  it('are not forgotten because this process appended nothing but an empty message', async () => {
    const { log } = createMemoryLog()
    const [own, other] = [watch(log), watch(log)]
    await append(own, 0)
    await append(other, 10, 10, 10)
    expect(own.eventsAfter(0, 0, 4, 10)).toBe(30)
  })
})

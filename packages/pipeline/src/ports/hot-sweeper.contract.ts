// What every HotSweeper must do, stated once.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HotSweeper } from './hot-store.ts'
import { SAMPLE_TIME, sampleCommit, sampleEvent, sampleLetter } from './sample-events.ts'
import type { OpenedState } from './worker-state.contract.ts'
import type { AcceptedEvent, StateRow } from './worker-state.ts'

const DAY = 86_400_000
const REGISTRY_DAYS = 35

/** @param open - an empty state with its sweeper. */
export function describeHotSweeper(
  name: string,
  open: () => Promise<OpenedState & { sweeper: HotSweeper }>,
): void {
  describe(`HotSweeper: ${name}`, () => {
    let opened: OpenedState & { sweeper: HotSweeper }
    let row: StateRow
    beforeEach(async () => {
      opened = await open()
      row = await opened.state.acquire(0)
    })
    afterEach(() => opened.close())

    const put = (...events: AcceptedEvent[]) => opened.state.commitHot(sampleCommit(row, events))
    /** An event of so many days before SAMPLE_TIME, by both clocks unless told otherwise. */
    const aged = (
      n: number,
      days: number,
      change: { projectId?: string; logDays?: number } = {},
    ): AcceptedEvent =>
      sampleEvent({
        n,
        projectId: change.projectId ?? 'p',
        eventTime: SAMPLE_TIME - days * DAY,
        logTime: SAMPLE_TIME - (change.logDays ?? days) * DAY,
      })
    /** A whole round. Returns what was removed and in how many calls. */
    const round = async (hotDays: (projectId: string) => number, maxRows = 1_000) => {
      let removed = 0
      for (let calls = 1; calls < 10_000; calls++) {
        const swept = await opened.sweeper.sweep({
          now: SAMPLE_TIME,
          registryWindowMs: REGISTRY_DAYS * DAY,
          hotRetentionMs: (projectId) => hotDays(projectId) * DAY,
          maxRows,
        })
        removed += swept.removed
        if (swept.done) return { removed, calls }
      }
      throw new Error('the round never ends')
    }
    const rowsOf = async (projectId = 'p'): Promise<number[]> => {
      const rows = await opened.hot.timeline({ projectId, kind: 'user', id: 'u' }, { limit: 10_000 })
      return rows.map(({ eventId }) => Buffer.from(eventId).readUInt32BE(0))
    }

    it('removes rows past retention with their timeline and registry entries, per project', async () => {
      const events = [
        aged(1, 59),
        aged(2, 61),
        aged(3, 61, { projectId: 'p2' }),
        aged(4, 91, { projectId: 'p2' }),
      ]
      await put(...events)
      await round((projectId) => (projectId === 'p' ? 60 : 90))
      expect(await rowsOf('p')).toEqual([1])
      expect(await rowsOf('p2')).toEqual([3])
      expect((await opened.state.lookup(events)).map((entry) => entry !== null)).toEqual([
        true,
        false,
        true,
        false,
      ])
      expect(await opened.hot.span({ projectId: 'p', kind: 'user', id: 'u' })).toEqual({
        firstSeen: SAMPLE_TIME - 59 * DAY,
        lastSeen: SAMPLE_TIME - 59 * DAY,
      })
    })

    it('counts from the later of log time and event time, so that imported history lives like everything else', async () => {
      await put(aged(1, 900, { logDays: 1 }), aged(2, 1, { logDays: 900 }), aged(3, 900))
      await round(() => 60)
      expect(await rowsOf()).toEqual([2, 1])
    })

    it('keeps dead entries until the registry window is over', async () => {
      const events = [aged(1, REGISTRY_DAYS - 1), aged(2, REGISTRY_DAYS + 1)]
      await put(...events)
      const refused = events.map((event) => ({
        event,
        letter: sampleLetter(event, { reason: 'store_refused' }),
      }))
      await opened.state.refuse({ partition: 0, epoch: row.epoch, refused })
      await round(() => 400)
      expect((await opened.state.lookup(events)).map((entry) => entry?.state ?? null)).toEqual(['dead', null])
    })

    it('goes through everything in bounded pieces', async () => {
      const events = Array.from({ length: 250 }, (_, n) => aged(n, n % 2 === 0 ? 100 : 1))
      await put(...events)
      const { removed, calls } = await round(() => 60, 20)
      expect(removed).toBe(125)
      expect(calls).toBeGreaterThanOrEqual(7)
      expect((await rowsOf()).every((n) => n % 2 === 1)).toBe(true)
      expect((await round(() => 60, 20)).removed).toBe(0)
      expect(await rowsOf()).toHaveLength(125)
    })
  })
}

// What every WorkerState must do, stated once: registry, state row and the steps that change them with the hot rows.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeadLetters } from './dead-letters.ts'
import type { HotStore } from './hot-store.ts'
import { SAMPLE_TIME, sampleCommit, sampleEvent, sampleLetter, sampleTotals } from './sample-events.ts'
import type { AcceptedEvent, StateRow, WorkerState } from './worker-state.ts'

export interface OpenedState {
  state: WorkerState
  hot: HotStore
  deadLetters: DeadLetters
  /** Closes whatever is open and removes the data. */
  close(): Promise<void>
}

/** @param open - an empty state. */
export function describeWorkerState(name: string, open: () => Promise<OpenedState>): void {
  const FENCED = { name: 'PipelineError', kind: 'fenced' }

  describe(`WorkerState: ${name}`, () => {
    let opened: OpenedState
    let state: WorkerState
    let row: StateRow
    beforeEach(async () => {
      opened = await open()
      state = opened.state
      row = await state.acquire(0)
    })
    afterEach(() => opened.close())

    const entryOf = async (event: AcceptedEvent) => (await state.lookup([event]))[0]
    const timelineIds = async (): Promise<number[]> => {
      const rows = await opened.hot.timeline({ projectId: 'p', kind: 'user', id: 'u' }, { limit: 10_000 })
      return rows.map(({ eventId }) => Buffer.from(eventId).readUInt32BE(0))
    }

    it('has no row before the first acquire, a zero row after it, and a higher epoch with each', async () => {
      expect(await state.read(7)).toBeNull()
      const first = await state.acquire(7)
      expect(first).toEqual({
        partition: 7,
        epoch: first.epoch,
        hotThrough: 0,
        hotTotals: sampleTotals(0),
        coldPlan: null,
        coldThrough: 0,
        coldTotals: sampleTotals(0),
      })
      const second = await state.acquire(7)
      expect(second).toEqual({ ...first, epoch: second.epoch })
      expect(second.epoch).toBeGreaterThan(first.epoch)
      expect(await state.read(7)).toEqual(second)
      expect(await state.read(0)).toEqual(row)
    })

    it('changes the named fields of the row only', async () => {
      const plan = { fromSeq: 3, toSeq: 9, token: 'a-b_C1' }
      await state.change(0, row.epoch, { coldPlan: plan })
      expect(await state.read(0)).toEqual({ ...row, coldPlan: plan })
      await state.change(0, row.epoch, { coldPlan: null, coldThrough: 9, coldTotals: sampleTotals(5) })
      expect(await state.read(0)).toEqual({ ...row, coldThrough: 9, coldTotals: sampleTotals(5) })
      const again = await state.acquire(0)
      expect(again).toEqual({ ...row, epoch: again.epoch, coldThrough: 9, coldTotals: sampleTotals(5) })
    })

    it('answers a lookup in the order it was asked, null for what it does not know', async () => {
      const events = [1, 2, 3].map((n) => sampleEvent({ n, at: [5, n] }))
      await state.commitHot(sampleCommit(row, events))
      const unknown = sampleEvent({ n: 99 })
      const otherProject = sampleEvent({ n: 1, projectId: 'p2' })
      const found = await state.lookup([events[2], unknown, events[0], otherProject] as AcceptedEvent[])
      expect(found.map((entry) => entry?.owner)).toEqual([
        events[2]?.position,
        undefined,
        events[0]?.position,
        undefined,
      ])
      expect(found[1]).toBeNull()
      expect(found[0]?.state).toBe('live')
      expect(Buffer.compare(found[0]?.hash as Uint8Array, events[2]?.hash as Uint8Array)).toBe(0)
      expect(await state.lookup([])).toEqual([])
    })

    it('writes registry, hot rows, letters and row of a commit', async () => {
      const events = [1, 2].map((n) => sampleEvent({ n }))
      const loser = sampleEvent({ n: 1, at: [1, 9], event: { event: 'Other' } })
      const commit = sampleCommit(row, events, { letters: [sampleLetter(loser)] })
      expect(await state.commitHot(commit)).toEqual({ newLetters: 1 })
      expect(await state.read(0)).toEqual({ ...row, hotThrough: 1, hotTotals: sampleTotals(2) })
      expect(await timelineIds()).toEqual([2, 1])
      expect((await opened.deadLetters.latestOf(loser))?.id).toBe(sampleLetter(loser).id)
    })

    it('is the same after the same commit done twice', async () => {
      const commit = sampleCommit(row, [sampleEvent({ n: 1 })], {
        letters: [sampleLetter(sampleEvent({ n: 1, at: [1, 9], event: { event: 'Other' } }))],
      })
      await state.commitHot(commit)
      const once = await snapshot()
      expect(await state.commitHot(commit)).toEqual({ newLetters: 0 })
      expect(await snapshot()).toEqual(once)
    })
    const snapshot = async () => ({
      row: await state.read(0),
      entry: await entryOf(sampleEvent({ n: 1 })),
      timeline: await timelineIds(),
      letters: (await opened.deadLetters.list('p', {}, { limit: 100 })).letters,
      open: await opened.deadLetters.countOpen('p'),
    })

    it('changes nothing under an epoch that is not the row’s', async () => {
      const newer = await state.acquire(0)
      const event = sampleEvent({ n: 1 })
      const stale = sampleCommit(row, [event], { letters: [sampleLetter(event)] })
      await expect(state.commitHot(stale)).rejects.toMatchObject(FENCED)
      await expect(state.change(0, row.epoch, { coldThrough: 4 })).rejects.toMatchObject(FENCED)
      const refused = [{ event, letter: sampleLetter(event, { reason: 'store_refused' }) }]
      await expect(state.refuse({ partition: 0, epoch: row.epoch, refused })).rejects.toMatchObject(FENCED)
      await expect(state.change(3, 1, { coldThrough: 4 })).rejects.toMatchObject(FENCED)
      expect(await state.read(0)).toEqual(newer)
      expect(await entryOf(event)).toBeNull()
      expect(await timelineIds()).toEqual([])
      expect(await opened.deadLetters.countOpen('p')).toBe(0)
    })

    describe('given an event that the cold store refuses', () => {
      const event = sampleEvent({ n: 2, at: [4, 2] })
      const neighbours = [sampleEvent({ n: 1, at: [4, 1] }), sampleEvent({ n: 3, at: [4, 3] })]
      const refusal = () => ({
        partition: 0,
        epoch: row.epoch,
        refused: [{ event, letter: sampleLetter(event, { reason: 'store_refused' }) }],
      })
      beforeEach(async () => {
        await state.commitHot(sampleCommit(row, [event, ...neighbours]))
        expect(await state.refuse(refusal())).toEqual({ newLetters: 1 })
      })

      it('keeps owner and hash as dead, removes row and timeline entry, and leaves its neighbours', async () => {
        const entry = await entryOf(event)
        expect(entry).toMatchObject({ state: 'dead', owner: event.position })
        expect(Buffer.compare(entry?.hash as Uint8Array, event.hash)).toBe(0)
        expect(await opened.hot.events([event])).toEqual([null])
        expect(await timelineIds()).toEqual([3, 1])
        expect((await opened.deadLetters.latestOf(event))?.reason).toBe('store_refused')
      })

      it('is the same after the same refusal done twice', async () => {
        expect(await state.refuse(refusal())).toEqual({ newLetters: 0 })
        expect((await opened.deadLetters.latestOf(event))?.attempts).toBe(1)
        expect(await opened.deadLetters.countOpen('p')).toBe(1)
      })

      it('lives again under a new owner when it is accepted again', async () => {
        const replayed = { ...event, position: { partition: 0, seq: 9, idx: 0 } }
        await state.commitHot(sampleCommit(row, [replayed]))
        expect(await entryOf(event)).toMatchObject({ state: 'live', owner: replayed.position })
        expect(await timelineIds()).toEqual([3, 2, 1])

        // The first owner's refusal, done again by a worker that died in between, is not about the new one.
        await state.refuse(refusal())
        expect(await entryOf(event)).toMatchObject({ state: 'live', owner: replayed.position })
        expect(await timelineIds()).toEqual([3, 2, 1])
        expect((await opened.deadLetters.latestOf(event))?.attempts).toBe(1)
      })
    })

    it('takes thousands of events in one commit', async () => {
      const events = Array.from({ length: 5_000 }, (_, n) =>
        sampleEvent({ n, at: [1 + Math.floor(n / 500), n % 500], eventTime: SAMPLE_TIME + (n % 97) }),
      )
      await state.commitHot(sampleCommit(row, events))
      const found = await state.lookup(events)
      expect(found.every((entry, index) => entry?.owner.idx === events[index]?.position.idx)).toBe(true)
      expect(new Set(await timelineIds()).size).toBe(5_000)
    })
  })
}

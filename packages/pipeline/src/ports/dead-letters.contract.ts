// What every DeadLetters must do, stated once. Letters come through WorkerState, as in the worker.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeadLetter, DeadLetterFilter, DeadLetters } from './dead-letters.ts'
import { QuestionInvalidError } from './questions.ts'
import { SAMPLE_TIME, sampleCommit, sampleEvent, sampleLetter } from './sample-events.ts'
import type { OpenedState } from './worker-state.contract.ts'
import type { NewDeadLetter, StateRow } from './worker-state.ts'

/** @param open - an empty state. */
export function describeDeadLetters(name: string, open: () => Promise<OpenedState>): void {
  describe(`DeadLetters: ${name}`, () => {
    let opened: OpenedState
    let store: DeadLetters
    let row: StateRow
    beforeEach(async () => {
      opened = await open()
      store = opened.deadLetters
      row = await opened.state.acquire(0)
    })
    afterEach(() => opened.close())

    const put = (...letters: NewDeadLetter[]) => opened.state.commitHot(sampleCommit(row, [], { letters }))
    const letterOf = (n: number, change: Partial<NewDeadLetter> = {}): NewDeadLetter =>
      sampleLetter(sampleEvent({ n, projectId: change.projectId ?? 'p', at: [1, n] }), {
        deadAt: SAMPLE_TIME + n,
        ...change,
      })
    const pages = async (filter: DeadLetterFilter, limit: number): Promise<DeadLetter[]> => {
      const found: DeadLetter[] = []
      let cursor: string | undefined
      for (let page = 0; page < 1_000; page++) {
        const { letters, nextCursor } = await store.list('p', filter, {
          limit,
          ...(cursor === undefined ? {} : { cursor }),
        })
        expect(letters.length).toBeLessThanOrEqual(limit)
        found.push(...letters)
        if (nextCursor === null) return found
        cursor = nextCursor
      }
      throw new Error('the list never ends')
    }

    it.each(['', 'x', 'AAAA', '%%%', 'A'.repeat(500)])(
      'refuses the cursor %j, which no page gave',
      async (cursor) => {
        await put(letterOf(1))
        const error: unknown = await store
          .list('p', {}, { limit: 1, cursor })
          .catch((cause: unknown) => cause)
        expect(error).toBeInstanceOf(QuestionInvalidError)
        expect(error).toMatchObject({ parameter: 'cursor' })
      },
    )

    it('keeps every field of a letter, with one attempt, open', async () => {
      const body = Buffer.from([0x7b, 0xff, 0x00, 0x7d])
      const letter = letterOf(1, {
        body,
        detail: 'Zeile 1\nä 😀',
        reason: 'store_refused',
        eventTime: SAMPLE_TIME - 9,
      })
      expect(await put(letter)).toEqual({ newLetters: 1 })
      const found = await store.get('p', letter.id)
      expect(found).not.toBeNull()
      const { eventId, body: kept, ...rest } = found as DeadLetter
      expect(Buffer.compare(eventId, letter.eventId)).toBe(0)
      expect(Buffer.compare(kept ?? new Uint8Array(), body)).toBe(0)
      expect(rest).toEqual({
        projectId: 'p',
        id: letter.id,
        reason: 'store_refused',
        detail: letter.detail,
        position: letter.position,
        lastPosition: letter.position,
        receivedAt: letter.receivedAt,
        eventTime: letter.eventTime,
        deadAt: letter.deadAt,
        attempts: 1,
        state: 'open',
      })
      expect(await store.get('p', 'ffff')).toBeNull()
      expect(await store.get('p2', letter.id)).toBeNull()
    })

    it('counts the same letter again as an attempt, opens it again, and adds nothing', async () => {
      const letter = letterOf(1)
      await put(letter)
      expect(await store.settle('p', letter.id, 1, 'replayed')).toBe(true)
      const again = { ...letter, position: { partition: 0, seq: 8, idx: 0 }, deadAt: SAMPLE_TIME + 500 }
      expect(await put(again)).toEqual({ newLetters: 0 })
      expect(Buffer.from((await store.get('p', letter.id))?.body ?? [])).toEqual(Buffer.from(letter.body))
      expect(await store.get('p', letter.id)).toMatchObject({
        attempts: 2,
        state: 'open',
        position: letter.position,
        lastPosition: again.position,
      })
      expect(await pages({}, 10)).toHaveLength(1)
      expect(await store.countOpen('p')).toBe(1)
    })

    it('lists newest first, in pages that neither repeat nor miss a letter', async () => {
      // Three share each time, so that the id decides; more than one scan of an index.
      const letters = Array.from({ length: 120 }, (_, n) =>
        letterOf(n, { deadAt: SAMPLE_TIME + Math.floor(n / 3) }),
      )
      await put(...letters)
      const expected = [...letters]
        .sort((a, b) => b.deadAt - a.deadAt || (a.id < b.id ? 1 : -1))
        .map(({ id }) => id)
      for (const limit of [1, 7, 40, 120, 500]) {
        expect((await pages({}, limit)).map(({ id }) => id)).toEqual(expected)
      }
    })

    it('filters by reason, state and time', async () => {
      await put(
        letterOf(1),
        letterOf(2, { reason: 'store_refused' }),
        letterOf(3),
        letterOf(4, { reason: 'store_refused' }),
        letterOf(5, { projectId: 'p2' }),
      )
      await store.settle('p', letterOf(3).id, 1, 'discarded')
      const times = async (filter: DeadLetterFilter) =>
        (await pages(filter, 1)).map(({ deadAt }) => deadAt - SAMPLE_TIME)
      expect(await times({ reason: 'store_refused' })).toEqual([4, 2])
      expect(await times({ state: 'open' })).toEqual([4, 2, 1])
      expect(await times({ state: 'discarded' })).toEqual([3])
      expect(await times({ since: SAMPLE_TIME + 2 })).toEqual([4, 3, 2])
      expect(await times({ since: SAMPLE_TIME + 2, reason: 'event_id_conflict', state: 'open' })).toEqual([])
    })

    it('names the latest letter of an identity', async () => {
      const event = sampleEvent({ n: 1 })
      const early = sampleLetter(event, { id: 'cc', deadAt: SAMPLE_TIME + 1 })
      const late = sampleLetter(event, { id: 'aa', deadAt: SAMPLE_TIME + 9 })
      const middle = sampleLetter(event, { id: 'bb', deadAt: SAMPLE_TIME + 5 })
      expect(await store.latestOf(event)).toBeNull()
      await put(early)
      await put(late)
      await put(middle)
      expect((await store.latestOf(event))?.id).toBe('aa')
      expect(await store.latestOf({ ...event, projectId: 'p2' })).toBeNull()
    })

    it('settles an open letter once, and only as it was read', async () => {
      const letter = letterOf(1)
      await put(letter)
      expect(await store.settle('p', letter.id, 2, 'replayed')).toBe(false)
      expect(await store.settle('p', 'ffff', 1, 'replayed')).toBe(false)
      expect(await store.settle('p2', letter.id, 1, 'replayed')).toBe(false)
      const both = await Promise.all([
        store.settle('p', letter.id, 1, 'replayed'),
        store.settle('p', letter.id, 1, 'discarded'),
      ])
      expect(both.filter(Boolean)).toHaveLength(1)
      expect(await store.settle('p', letter.id, 1, 'replayed')).toBe(false)
      expect((await store.get('p', letter.id))?.state).toBe(both[0] ? 'replayed' : 'discarded')
    })

    it('counts by reason and state, per project', async () => {
      await put(
        letterOf(1),
        letterOf(2),
        letterOf(3, { reason: 'store_refused' }),
        letterOf(4, { projectId: 'p2' }),
      )
      await store.settle('p', letterOf(1).id, 1, 'discarded')
      expect(await store.countOpen('p')).toBe(2)
      expect(await store.countOpen('p2')).toBe(1)
      expect(await store.countOpen('nobody')).toBe(0)
      const summary = (await store.summary('p')).filter(({ count }) => count > 0)
      expect(new Set(summary.map(({ reason, state, count }) => `${reason} ${state} ${count}`))).toEqual(
        new Set(['event_id_conflict open 1', 'event_id_conflict discarded 1', 'store_refused open 1']),
      )
    })
  })
}

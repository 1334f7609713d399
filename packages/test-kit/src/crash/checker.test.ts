// The checker over hand-made readings: every verdict by name, on the smallest story that earns it.
import { expect, it } from 'vitest'
import type { Account } from './account.ts'
import { checkAccount, type LetterReading, type Verdict } from './checker.ts'
import { createEventMaker, type Fields } from './made-event.ts'

const maker = createEventMaker(11, Date.UTC(2026, 10, 20))
const RECEIVED = '2026-11-20T01:00:00.000Z'

/** What the export shows of an event that was stored rightly. */
function row(number: number, variant = 0): Fields {
  const fields = maker.fields(number, variant)
  const sent = fields['timestamp'] as string | undefined
  return {
    ...fields,
    timestamp: sent === undefined ? RECEIVED : new Date(sent).toISOString(),
    received_at: RECEIVED,
  }
}
const letter = (number: number, variant: number, reason = 'event_id_conflict'): LetterReading => ({
  id: `l${number}-${variant}`,
  reason,
  event_id: maker.id(number),
  body: JSON.stringify(maker.fields(number, variant)),
})

interface Story {
  tried: number[]
  answered: number[]
  rows?: Fields[]
  letters?: LetterReading[]
  receipts?: (id: string) => { state: string; event?: Fields } | null
}

async function judge(story: Story): Promise<Verdict> {
  const account: Account = {
    seed: 11,
    baseTime: 0,
    size: story.tried.length,
    sends: 1,
    answeredSends: 1,
    entries: 1,
    lastAcceptedAt: null,
    triedOf: (number) => story.tried[number] ?? 0,
    answeredOf: (number) => story.answered[number] ?? 0,
  }
  const rows = story.rows ?? []
  const readings = {
    async *rows() {
      yield* await Promise.resolve(rows)
    },
    async *letters() {
      yield* await Promise.resolve(story.letters ?? [])
    },
    receipt: (id: string) =>
      Promise.resolve(
        story.receipts === undefined
          ? { state: 'cold', event: rows.find((candidate) => candidate['event_id'] === id)! }
          : story.receipts(id),
      ),
  }
  return checkAccount(account, maker, readings, { receipts: 10 })
}

const NONE = { lost: 0, duplicated: 0, phantom: 0, corrupted: 0, unknown: 0, clean: true }

it('ok: accepted and there, once', async () => {
  const verdict = await judge({ tried: [1, 1], answered: [1, 1], rows: [row(0), row(1)] })
  expect(verdict).toMatchObject({ ...NONE, ok: 2, rows: 2, receiptsAsked: 2 })
})

it('ok: the first content won, the other is a dead letter', async () => {
  const verdict = await judge({ tried: [0b11], answered: [0b11], rows: [row(0, 1)], letters: [letter(0, 0)] })
  expect(verdict).toMatchObject({ ...NONE, ok: 2 })
})

it('ok: a row that the store refused is a dead letter and nowhere else', async () => {
  const verdict = await judge({ tried: [1], answered: [1], letters: [letter(0, 0, 'store_refused')] })
  expect(verdict).toMatchObject({ ...NONE, ok: 1 })
})

it('unknown: there, but never answered', async () => {
  const verdict = await judge({ tried: [1, 1], answered: [0, 0], rows: [row(1)] })
  expect(verdict).toMatchObject({ ...NONE, unknown: 1, ok: 0 })
})

it('lost: accepted and not there', async () => {
  expect(await judge({ tried: [1, 1], answered: [1, 1], rows: [row(1)] })).toMatchObject({
    lost: 1,
    ok: 1,
    clean: false,
  })
})

it('lost: an accepted content that lost without a dead letter', async () => {
  expect(await judge({ tried: [0b11], answered: [0b11], rows: [row(0)] })).toMatchObject({ lost: 1, ok: 1 })
})

it('lost: a conflict without a winner', async () => {
  expect(await judge({ tried: [0b11], answered: [0], letters: [letter(0, 1)] })).toMatchObject({ lost: 1 })
})

it('lost: counted, but without a receipt in the hot store', async () => {
  expect(await judge({ tried: [1], answered: [1], rows: [row(0)], receipts: () => null })).toMatchObject({
    lost: 1,
  })
})

it('duplicated: two rows', async () => {
  expect(await judge({ tried: [1], answered: [1], rows: [row(0), row(0)] })).toMatchObject({
    duplicated: 1,
    lost: 0,
  })
})

it('duplicated: two dead letters of one content', async () => {
  const letters = [letter(0, 1), letter(0, 1)]
  expect(await judge({ tried: [0b11], answered: [1], rows: [row(0)], letters })).toMatchObject({
    duplicated: 1,
  })
})

it('duplicated: stored and dead at once', async () => {
  const verdict = await judge({
    tried: [1],
    answered: [1],
    rows: [row(0)],
    letters: [letter(0, 0, 'store_refused')],
  })
  expect(verdict).toMatchObject({ duplicated: 1 })
})

it('phantom: a row or a dead letter of an id that nobody sent, or that was refused', async () => {
  const strange = { ...row(0), event_id: '00000000-0000-4000-8000-000000000001' }
  expect(await judge({ tried: [1], answered: [1], rows: [row(0), strange] })).toMatchObject({
    phantom: 1,
    ok: 1,
  })
  expect(await judge({ tried: [1, 0], answered: [1, 0], rows: [row(0), row(1)] })).toMatchObject({
    phantom: 1,
  })
  expect(await judge({ tried: [0], answered: [0], letters: [letter(0, 1)] })).toMatchObject({ phantom: 1 })
})

it('corrupted: a row, a receipt or a dead letter of content that was not sent', async () => {
  const wrong = { ...row(0), user_id: 'somebody else' }
  expect(await judge({ tried: [1], answered: [1], rows: [wrong] })).toMatchObject({ corrupted: 1, lost: 0 })
  expect(await judge({ tried: [1], answered: [1], rows: [row(0, 1)] })).toMatchObject({ corrupted: 1 })
  expect(
    await judge({
      tried: [1],
      answered: [1],
      rows: [row(0)],
      receipts: () => ({ state: 'cold', event: wrong }),
    }),
  ).toMatchObject({ corrupted: 1 })
  expect(await judge({ tried: [1], answered: [1], rows: [row(0)], letters: [letter(0, 2)] })).toMatchObject({
    corrupted: 1,
  })
})

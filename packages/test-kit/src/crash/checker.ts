// Compares what was tried and answered with what plain reads show, and says what became of every event:
//   ok          accepted, and there: one row, or for a losing content its one dead letter
//   lost        accepted, and not there
//   duplicated  there more than once (rows, letters, or as row and letter)
//   phantom     there, and never tried
//   corrupted   there, with content that was not sent
//   unknown     tried, never answered, and there: nothing wrong
// Knows only the ledger's account and the maker; the product's own idea of a duplicate is not asked.
import type { Account } from './account.ts'
import { MAX_VARIANT, type EventMaker, type Fields } from './made-event.ts'
import { letterHolds, rowHolds } from './same-content.ts'

export interface LetterReading {
  id: string
  reason: string
  event_id: string
  body: string
}

/** Plain reads of a program. */
export interface Readings {
  /** Every row of the cold store. */
  rows(): AsyncIterable<Fields>
  letters(): AsyncIterable<LetterReading>
  /** The receipt with its event, or null when there is none. */
  receipt(eventId: string): Promise<{ state: string; event?: Fields } | null>
}

export const FAULTS = ['lost', 'duplicated', 'phantom', 'corrupted'] as const
export type Fault = (typeof FAULTS)[number]

export interface Verdict extends Record<Fault, number> {
  /** No fault. */
  clean: boolean
  ok: number
  unknown: number
  rows: number
  letters: number
  receiptsAsked: number
  /** The first few of each fault, for a human. */
  examples: { fault: Fault; eventId: string; detail: string }[]
}

const MAX_EXAMPLES = 10

export interface CheckOptions {
  /** Events whose receipt (hot store) is compared, besides all that had a conflict (those up to the same number). */
  receipts: number
}

/** What a verdict has when nothing is wrong, for tests to match. */
export const CLEAN = { clean: true, lost: 0, duplicated: 0, phantom: 0, corrupted: 0 } as const

export async function checkAccount(
  account: Account,
  maker: EventMaker,
  readings: Readings,
  options: CheckOptions,
): Promise<Verdict> {
  const verdict: Verdict = {
    clean: true,
    ok: 0,
    lost: 0,
    duplicated: 0,
    phantom: 0,
    corrupted: 0,
    unknown: 0,
    rows: 0,
    letters: 0,
    receiptsAsked: 0,
    examples: [],
  }
  const fault = (kind: Fault, eventId: string, detail: string) => {
    verdict[kind]++
    verdict.clean = false
    if (verdict.examples.filter((example) => example.fault === kind).length < MAX_EXAMPLES) {
      verdict.examples.push({ fault: kind, eventId, detail })
    }
  }
  // Per event: 0 no row, 255 a row of unknown content, else its variant + 1. And a bit per variant in the dead letters.
  const winner = new Uint8Array(account.size)
  const lettered = new Uint8Array(account.size)
  const disputed = new Uint8Array(account.size)

  for await (const row of readings.rows()) {
    verdict.rows++
    const id = typeof row['event_id'] === 'string' ? row['event_id'] : ''
    const number = maker.numberOf(id)
    if (number === null || account.triedOf(number) === 0) {
      fault('phantom', id, 'a row of an event that was never tried')
      continue
    }
    if (winner[number] !== 0) {
      fault('duplicated', id, 'more than one row')
      continue
    }
    const variant = variantOf(account, number, (v) => rowHolds(row, maker.fields(number, v)))
    winner[number] = variant === null ? 255 : variant + 1
    if (variant === null)
      fault('corrupted', id, `a row of other content: ${JSON.stringify(row).slice(0, 600)}`)
  }

  for await (const letter of readings.letters()) {
    verdict.letters++
    const number = maker.numberOf(letter.event_id)
    if (number === null || account.triedOf(number) === 0) {
      fault('phantom', letter.event_id, `a dead letter (${letter.reason}) of an event that was never tried`)
      continue
    }
    const variant = variantOf(account, number, (v) => letterHolds(letter.body, maker.fields(number, v)))
    if (variant === null) fault('corrupted', letter.event_id, `dead letter ${letter.id} holds other content`)
    else if ((lettered[number]! & (1 << variant)) !== 0)
      fault('duplicated', letter.event_id, 'two letters of one content')
    else if (winner[number] === variant + 1)
      fault('duplicated', letter.event_id, `stored and dead (${letter.reason})`)
    else lettered[number]! |= 1 << variant
    if (letter.reason === 'event_id_conflict') disputed[number] = 1
  }

  for (let number = 0; number < account.size; number++) {
    const answered = account.answeredOf(number)
    for (let variant = 0; variant <= MAX_VARIANT; variant++) {
      if ((account.triedOf(number) & (1 << variant)) === 0) continue
      const there = winner[number] === variant + 1 || (lettered[number]! & (1 << variant)) !== 0
      const accepted = (answered & (1 << variant)) !== 0
      // A row of unknown content was said to be corrupted: not lost on top of it.
      if (accepted && there) verdict.ok++
      else if (accepted && winner[number] !== 255)
        fault('lost', maker.id(number), `content ${variant} was accepted`)
      else if (there) verdict.unknown++
    }
    if (disputed[number] !== 0 && winner[number] === 0) {
      fault('lost', maker.id(number), 'its losing contents are dead letters, but nothing won')
    }
  }

  for (const number of sampled(winner, disputed, options.receipts)) {
    verdict.receiptsAsked++
    const id = maker.id(number)
    const receipt = await readings.receipt(id)
    if (receipt?.event === undefined) fault('lost', id, 'a row, but no receipt with the event')
    else if (!rowHolds(receipt.event, maker.fields(number, winner[number]! - 1))) {
      fault(
        'corrupted',
        id,
        `the receipt shows other content: ${JSON.stringify(receipt.event).slice(0, 600)}`,
      )
    }
  }
  return verdict
}

function variantOf(account: Account, number: number, holds: (variant: number) => boolean): number | null {
  for (let variant = 0; variant <= MAX_VARIANT; variant++) {
    if ((account.triedOf(number) & (1 << variant)) !== 0 && holds(variant)) return variant
  }
  return null
}

function* sampled(winner: Uint8Array, disputed: Uint8Array, wanted: number): Generator<number> {
  let conflicts = 0
  const step = Math.max(1, Math.floor(winner.length / Math.max(1, wanted)))
  for (let number = 0; number < winner.length; number++) {
    const hasRow = winner[number] !== 0 && winner[number] !== 255
    if (hasRow && (number % step === 0 || (disputed[number] !== 0 && conflicts++ < wanted))) yield number
  }
}

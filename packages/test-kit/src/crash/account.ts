// A ledger read back: per event which contents were tried and which were answered with acceptance. Read from the file, not
// from the writers' memory, so that what is checked is what was on the disk. Holds a few bytes per event.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

export interface Account {
  seed: number
  baseTime: number
  /** Event numbers used are below this. */
  size: number
  /** Bit v: variant v was tried. */
  triedOf(number: number): number
  /** Bit v: variant v was accepted by an answer. */
  answeredOf(number: number): number
  sends: number
  answeredSends: number
  /** Entries of all sends, copies included. */
  entries: number
  /** Latest `accepted_at` of any answer, or null. */
  lastAcceptedAt: string | null
}

/** Throws SyntaxError for a file that is no ledger; a last line cut off by a crash is ignored. */
export async function readAccount(path: string): Promise<Account> {
  let tried = new Uint8Array(65_536)
  let answered = new Uint8Array(65_536)
  const open = new Map<number, number[]>()
  const account = {
    seed: NaN,
    baseTime: NaN,
    size: 0,
    sends: 0,
    answeredSends: 0,
    entries: 0,
    lastAcceptedAt: null as string | null,
  }

  const reserve = (number: number) => {
    account.size = Math.max(account.size, number + 1)
    if (number < tried.length) return
    const length = 2 ** Math.ceil(Math.log2(number + 1))
    tried = widened(tried, length)
    answered = widened(answered, length)
  }

  const take = (line: LedgerLine) => {
    if (line.k === 'start') {
      account.seed = line.seed
      account.baseTime = line.baseTime
    } else if (line.k === 'try') {
      account.sends++
      account.entries += line.e.length / 3
      open.set(line.s, line.e)
      eachEntry(line.e, (number, variant) => {
        reserve(number)
        if (variant >= 0) tried[number]! |= 1 << variant
      })
    } else if (line.k === 'ans') {
      account.answeredSends++
      const rejected = new Set(line.rej)
      eachEntry(open.get(line.s) ?? [], (number, variant, index) => {
        if (variant >= 0 && !rejected.has(index)) answered[number]! |= 1 << variant
      })
      open.delete(line.s)
      if (line.at > (account.lastAcceptedAt ?? '')) account.lastAcceptedAt = line.at
    } else if (line.k === 'fail') open.delete(line.s)
  }

  let pending: string | null = null
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    if (pending !== null) take(JSON.parse(pending) as LedgerLine)
    pending = text
  }
  const last = pending === null ? null : parseLast(pending)
  if (last !== null) take(last)
  if (Number.isNaN(account.seed)) throw new SyntaxError('the file does not begin like a ledger')
  return {
    ...account,
    triedOf: (number) => tried[number] ?? 0,
    answeredOf: (number) => answered[number] ?? 0,
  }
}

type LedgerLine =
  | { k: 'start'; seed: number; baseTime: number }
  | { k: 'try'; s: number; r: string; e: number[] }
  | { k: 'ans'; s: number; at: string; rej: number[] }
  | { k: 'fail'; s: number; why: string }
  | { k: 'note'; what: string }

function parseLast(text: string): LedgerLine | null {
  try {
    return JSON.parse(text) as LedgerLine
  } catch {
    return null
  }
}

function eachEntry(
  flat: readonly number[],
  visit: (number: number, variant: number, index: number) => void,
): void {
  for (let at = 0; at < flat.length; at += 3) visit(flat[at]!, flat[at + 1]!, at / 3)
}

function widened(from: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(length)
  to.set(from)
  return to
}

// What writers send next: new events, and everything that must change nothing: the same again, split, joined, shuffled, in
// other bytes, twice at once by two roads; besides other contents under a used id, and spoilt entries between good ones.
// Decides only; sending, pacing and retrying are others'. One workload is shared by all writers of a run.
import type { Random } from '../random.ts'
import type { Entry } from './ledger.ts'
import { MAX_VARIANT, type EventMaker } from './made-event.ts'
import { SHAPES, type Sending } from './sender.ts'
import { SPELLINGS, SPOILS } from './spelling.ts'

export interface Workload {
  /** Sendings to be made at the same time. */
  next(random: Random): Sending[]
  /** A sending without acceptance, to be offered again (mostly), `afterMs` from now at the earliest. */
  unanswered(sending: Sending, random: Random, afterMs: number): void
  /** All that still waits to be sent again. */
  takeUnanswered(): Sending[]
  /** A number that nobody has used. */
  newNumber(): number
  /** New events handed out so far. */
  created(): number
}

const REMEMBERED = 300
/** Keeps a joined body below the contract's limits in any spelling. */
const MOST_JOINED = 1000
/** Share of cut-off sendings that no client repeats: their events may be there or not. */
const FORGOTTEN = 0.1

export interface WorkloadOptions {
  /** Share of steps that send old events again. */
  duplicates: number
  /** Share of the other steps that send other contents under ids in use. Default: 0.03. */
  conflicts?: number
}

export function createWorkload(maker: EventMaker, options: WorkloadOptions): Workload {
  let numbers = 0
  const again: { sending: Sending; due: number }[] = []
  const recent: Sending[] = []
  let history: Entry[] = []

  const wrap = (random: Random, entries: readonly Entry[], road: Sending['road'] = 'ingest'): Sending => ({
    road,
    entries,
    shape: random.pick(SHAPES),
    gzip: random.chance(0.5),
  })

  const fresh = (random: Random): Entry[] => {
    const size = random.chance(0.35)
      ? random.int(1, 5)
      : random.chance(0.5)
        ? random.int(20, 100)
        : random.int(200, 500)
    const entries: Entry[] = []
    for (let left = size; left > 0; left--) {
      const entry = {
        number: numbers++,
        variant: 0,
        spelling: random.chance(0.2) ? random.int(1, SPELLINGS - 1) : 0,
      }
      if (maker.roadOf(entry.number) === 'import') history.push(entry)
      else entries.push(entry)
    }
    return entries
  }

  const remember = (sendings: Sending[]): Sending[] => {
    for (const sending of sendings) {
      if (sending.entries.length === 0) continue
      if (recent.length < REMEMBERED) recent.push(sending)
      else recent[numbers % REMEMBERED] = sending
    }
    return sendings.filter((sending) => sending.entries.length > 0)
  }

  /** The same events in other company, order or bytes. */
  const regrouped = (random: Random, first: Sending): Sending[] => {
    const otherBytes = (entry: Entry) => ({ ...entry, spelling: random.int(0, SPELLINGS - 1) })
    const entries = first.entries.filter((entry) => entry.variant >= 0)
    const way = random.int(0, 4)
    if (way === 0 || entries.length === 0) return [first]
    if (way === 1) {
      const at = random.int(0, entries.length)
      return [entries.slice(0, at), entries.slice(at)].map((part) => wrap(random, part, first.road))
    }
    const others = recent.filter(
      (other) => other.road === first.road && other.entries.length + entries.length <= MOST_JOINED,
    )
    const other =
      way === 2 && others.length > 0 ? random.pick(others).entries.filter((entry) => entry.variant >= 0) : []
    const joined = random.shuffle([...entries, ...other])
    return [wrap(random, way === 3 ? joined.map(otherBytes) : joined, first.road)]
  }

  /** Other contents under ids in use; `inOneBody` with the first content beside them. */
  const conflicts = (random: Random): Sending[] => {
    const loser = (number: number) => ({ number, variant: random.int(1, MAX_VARIANT), spelling: 0 })
    if (recent.length === 0 || random.chance(0.3)) {
      const winners = fresh(random).slice(0, 5)
      return [wrap(random, random.shuffle([...winners, ...winners.map((entry) => loser(entry.number))]))]
    }
    const used = random.pick(recent)
    return [
      wrap(
        random,
        used.entries.slice(0, random.int(1, 4)).map((entry) => loser(entry.number)),
        used.road,
      ),
    ]
  }

  const takeDue = (): Sending | undefined => {
    const now = performance.now()
    const at = again.findIndex(({ due }) => due <= now)
    return at < 0 ? undefined : again.splice(at, 1)[0]?.sending
  }

  const spoilt = (random: Random): Sending[] => {
    const bad = Array.from({ length: random.int(1, 4) }, () => ({
      number: numbers++,
      variant: -random.int(1, SPOILS),
      spelling: 0,
    }))
    return [wrap(random, random.shuffle([...fresh(random), ...bad]))]
  }

  return {
    next(random) {
      if (history.length >= 100) {
        const entries = history
        history = []
        return remember([wrap(random, entries, 'import')])
      }
      const retry = again.length > 0 && random.chance(0.6) ? takeDue() : undefined
      if (retry !== undefined) return regrouped(random, retry).filter((sending) => sending.entries.length > 0)
      if (recent.length > 0 && random.chance(options.duplicates)) {
        return regrouped(random, random.pick(recent)).filter((sending) => sending.entries.length > 0)
      }
      if (random.chance(options.conflicts ?? 0.03))
        return conflicts(random).filter((sending) => sending.entries.length > 0)
      const kind = random.int(0, 99)
      if (kind < 6) {
        const entries = fresh(random)
        return remember([
          wrap(random, entries),
          wrap(random, random.shuffle(entries), random.pick(['ingest', 'import'])),
        ])
      }
      if (kind < 11) return remember(spoilt(random))
      return remember([wrap(random, fresh(random))])
    },
    unanswered(sending, random, afterMs) {
      if (!random.chance(FORGOTTEN)) again.push({ sending, due: performance.now() + afterMs })
    },
    takeUnanswered: () => again.splice(0).map(({ sending }) => sending),
    newNumber: () => numbers++,
    created: () => numbers,
  }
}

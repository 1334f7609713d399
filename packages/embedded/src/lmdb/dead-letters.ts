// Dead letters as the admin sees them. Reads walk an index by time in bounded pieces, so that a long list of settled letters
// does not hold up the thread that answers requests.
import { DEAD_LETTER_REASONS } from '@penstock/contract'
import {
  cursorInvalid,
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterState,
  type DeadLetters,
} from '@penstock/pipeline'
import { behind, eventKey, letterCountKey, letterKey, letterTimeKey, projectPrefix } from './keys.ts'
import { decodeIndexEntry, decodeLetter, type StoredLetter } from './letter-record.ts'
import { moveLetter, readCount, readLatest } from './letter-writer.ts'
import type { StateEnvironment } from './state-environment.ts'

const STATES: readonly DeadLetterState[] = ['open', 'replayed', 'discarded']
/** Entries of the index that are looked at in one go: about 5 ms. */
const SCAN_ENTRIES = 2_000

/* eslint-disable @typescript-eslint/require-await -- LMDB answers at once; a thrown error must become a rejection */
export function createLmdbDeadLetters(environment: StateEnvironment): DeadLetters {
  const { tables } = environment

  const stored = (projectId: string, id: string): StoredLetter | null => {
    const bytes = tables.letters.get(letterKey(projectId, id))
    return bytes === undefined ? null : decodeLetter(bytes)
  }

  /** The next entries behind `from`, newest first: their keys and the letters among them that pass the filter. */
  const scan = (projectId: string, filter: DeadLetterFilter, from: Buffer) =>
    environment.read('state', () => {
      const end =
        filter.since === undefined ? projectPrefix(projectId) : letterTimeKey(projectId, filter.since, '')
      const range = { start: from, exclusiveStart: true, end, reverse: true, limit: SCAN_ENTRIES }
      const entries = Array.from(tables.letterTimes.getRange(range))
      const passing = entries
        .map(({ key, value }) => ({ key, entry: decodeIndexEntry(value) }))
        .filter(({ entry }) => filter.reason === undefined || entry.reason === filter.reason)
        .filter(({ entry }) => filter.state === undefined || entry.state === filter.state)
      return { last: entries.length < SCAN_ENTRIES ? null : (entries.at(-1)?.key ?? null), passing }
    })

  const list: DeadLetters['list'] = async (projectId, filter, { limit, cursor }) => {
    const letters: DeadLetter[] = []
    let from: Buffer | null =
      cursor === undefined ? behind(projectPrefix(projectId)) : readCursor(projectId, cursor)
    while (from !== null) {
      const { last, passing } = scan(projectId, filter, from)
      for (const { key, entry } of passing) {
        if (letters.length === limit) return { letters, nextCursor: writeCursor(projectId, from) }
        const letter = environment.read('state', () => stored(projectId, entry.id))
        if (letter !== null) letters.push(letter)
        from = key
      }
      from = last
      if (from !== null) await new Promise((resolve) => setImmediate(resolve))
    }
    return { letters, nextCursor: null }
  }

  const countOf = (projectId: string, state: DeadLetterState) =>
    DEAD_LETTER_REASONS.map((reason) => ({
      reason,
      state,
      count: readCount(tables.letterCounts.get(letterCountKey(projectId, reason, state))),
    }))

  return {
    list,
    get: async (projectId, id) => environment.read('state', () => stored(projectId, id)),
    latestOf: async (identity) =>
      environment.read('state', () => {
        const bytes = tables.letterLatest.get(eventKey(identity))
        return bytes === undefined ? null : stored(identity.projectId, readLatest(bytes).id)
      }),
    countOpen: async (projectId) =>
      environment.read('state', () => countOf(projectId, 'open').reduce((sum, { count }) => sum + count, 0)),
    summary: async (projectId) =>
      environment.read('state', () =>
        STATES.flatMap((state) => countOf(projectId, state)).filter(({ count }) => count > 0),
      ),
    settle: (projectId, id, attempts, state) =>
      environment.writeLater(() => {
        const letter = stored(projectId, id)
        if (letter?.state !== 'open' || letter.attempts !== attempts) return false
        moveLetter(tables, letter, { state })
        return true
      }),
  }
}

const writeCursor = (projectId: string, key: Buffer): string =>
  key.subarray(projectPrefix(projectId).length).toString('base64url')

function readCursor(projectId: string, cursor: string): Buffer {
  const place = Buffer.from(cursor, 'base64url')
  // Eight bytes of time and an id; what else a caller may send must not become a key.
  if (place.length <= 8 || place.length > 300) {
    throw cursorInvalid()
  }
  return Buffer.concat([projectPrefix(projectId), place])
}

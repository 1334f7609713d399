// Whether a project has so many open dead letters, or their store so little room left, that it may send nothing more: nobody can
// fill the disk with a public key, nor the store that the worker waits for. Counted at most once a second per project, never on the way of a request that has a count already.
import { LIMITS } from '@penstock/contract'
import type { DeadLetters } from '@penstock/pipeline'

export interface LetterCap {
  /** A promise only for the first request of a project. */
  isFull(projectId: string): boolean | Promise<boolean>
}

const MAX_AGE_MS = 1_000
// What is in the log already must still find room.
const MOST_FILL = 0.9

interface Count {
  full: boolean
  countedAt: number
  counting: Promise<boolean> | null
}

export function createLetterCap(deps: {
  deadLetters: Pick<DeadLetters, 'countOpen'>
  /** Of the store of their bodies, 0–1; without it they have none of their own. */
  letterFill?: () => Promise<number>
  clock: () => number
  onError: (error: unknown) => void
}): LetterCap {
  const counts = new Map<string, Count>()

  let storeFull = Promise.resolve(false)
  let storeAskedAt = Number.NEGATIVE_INFINITY

  // Once for all projects.
  function isStoreFull(): Promise<boolean> {
    const age = deps.clock() - storeAskedAt
    if (deps.letterFill !== undefined && (age < 0 || age >= MAX_AGE_MS)) {
      storeAskedAt = deps.clock()
      storeFull = deps.letterFill().then((fill) => fill >= MOST_FILL)
    }
    return storeFull
  }

  async function count(projectId: string, entry: Count): Promise<boolean> {
    try {
      entry.full =
        (await isStoreFull()) || (await deps.deadLetters.countOpen(projectId)) >= LIMITS.maxOpenDeadLetters
    } catch (error) {
      // The cap guards the disk, not the numbers: when it cannot be read, what was known holds.
      deps.onError(error)
    }
    entry.countedAt = deps.clock()
    entry.counting = null
    return entry.full
  }

  return {
    isFull(projectId) {
      const known = counts.get(projectId)
      const entry = known ?? { full: false, countedAt: Number.NEGATIVE_INFINITY, counting: null }
      const age = deps.clock() - entry.countedAt
      if ((age < 0 || age >= MAX_AGE_MS) && entry.counting === null) entry.counting = count(projectId, entry)
      if (known !== undefined)
        return known.countedAt === Number.NEGATIVE_INFINITY ? (known.counting ?? false) : known.full
      counts.set(projectId, entry)
      return entry.counting ?? false
    },
  }
}

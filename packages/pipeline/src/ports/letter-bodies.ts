// Where the bodies of dead letters lie when the store that lists them is not made for them. An adapter of WorkerState that uses
// it puts a letter's body first and indexes the letter (state, attempts, times) when that is durable; a body without an entry is
// written again by whoever does the same work again. A settled letter's body is taken away, so that settling makes room; a letter
// that is opened again puts it again.

/** Everything of a letter that never changes. */
export interface LetterBody {
  /** The letter's id: 1–128 of `[A-Za-z0-9_-]`. The same id always comes with the same bytes. */
  id: string
  /** The original bytes; up to what a log chunk may hold. */
  body: Uint8Array
}

export interface KeptBody {
  body: Uint8Array
  /** Grows with every put. */
  place: number
}

/** Calls may be concurrent. Whoever opened it closes it. */
export interface LetterBodies {
  /**
   * Resolves when the bodies are durable (synced). Idempotent by id: the same letter again adds nothing. Throws `full` (those not
   * stored can be put later), `outcome_unknown`, `unavailable`: put the same again.
   */
  put(letters: readonly LetterBody[]): Promise<void>
  /** Puts bodies behind whatever stands there, so that a `remove` that was decided before does not take them away. Throws as `put`. */
  putAgain(letters: readonly LetterBody[]): Promise<void>
  /** Bodies in the order of the ids, the one put last of each; null for one that is not there. */
  get(ids: readonly string[]): Promise<(KeptBody | null)[]>
  /** Takes away what was put of a letter up to a place, for good. Idempotent. */
  remove(id: string, place: number): Promise<void>
  /** Share of the room that is used, 0–1. */
  fill(): Promise<number>
  close(): Promise<void>
}

// Where the bodies of dead letters lie when the store that lists them is not made for them. An adapter of WorkerState that uses
// it puts a letter's body first and indexes the letter (state, attempts, times) when that is durable: an index entry without a
// body cannot be, a body without an entry is written again by whoever does the same work again.

/** Everything of a letter that never changes. */
export interface LetterBody {
  /** The letter's id: 1–128 of `[A-Za-z0-9_-]`. The same id always comes with the same bytes. */
  id: string
  /** The original bytes; up to what a log chunk may hold. */
  body: Uint8Array
}

/** Calls may be concurrent. Whoever opened it closes it. */
export interface LetterBodies {
  /**
   * Resolves when the bodies are durable (synced). Idempotent by id: the same letter again adds nothing. Throws `full` (those not
   * stored can be put later), `outcome_unknown`, `unavailable`: put the same again.
   */
  put(letters: readonly LetterBody[]): Promise<void>
  /** Bodies in the order of the ids; null for one that is not there. */
  get(ids: readonly string[]): Promise<(Uint8Array | null)[]>
  /** Takes bodies away, for good. Idempotent. */
  remove(ids: readonly string[]): Promise<void>
  close(): Promise<void>
}

// The right to act on a partition, as the stages see it. A process that is known to be the only one has it for good; workers side
// by side have it as long as their lease lasts.
import type { StateRow } from '@penstock/pipeline'

export interface Tenure {
  /** As it stood when the partition was taken. */
  row: StateRow
  /** Throws TenureOverError when the right is over. Asked right before every call of a store. */
  check(): void
  /** Aborts when the right is over. */
  over: AbortSignal
  /** Whether others may take the partition: then `fenced` is how one hears of it, and no alarm. */
  shared: boolean
}

/** Thrown through a stage whose partition is somebody else's by now, or will be soon. Nothing is wrong with the data. */
export class TenureOverError extends Error {
  override readonly name = 'TenureOverError'
  constructor() {
    super('the partition is not this worker’s any more')
  }
}

/** For a process that nothing else can be beside. */
export function soleTenure(row: StateRow): Tenure {
  return { row, check: () => undefined, over: new AbortController().signal, shared: false }
}

// Puts answers that come in any order back into the file's order: what is taken from it has no gap before it.

export interface InOrder<Result> {
  /** `result` stands for the rows after `from` up to `to`. Calls `take` for everything that has no gap before it now. */
  add(from: number, to: number, result: Result): void
}

export function createInOrder<Result>(
  begin: number,
  take: (result: Result, through: number) => void,
): InOrder<Result> {
  let through = begin
  const waiting = new Map<number, { to: number; result: Result }>()
  return {
    add(from, to, result) {
      waiting.set(from, { to, result })
      for (let next = waiting.get(through); next !== undefined; next = waiting.get(through)) {
        waiting.delete(through)
        through = next.to
        take(next.result, through)
      }
    },
  }
}

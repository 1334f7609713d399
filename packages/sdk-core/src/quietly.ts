/** What `work` returned, or undefined when it threw: for what may be denied, full or garbled, and then simply is not there. */
export function quietly<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch {
    return
  }
}

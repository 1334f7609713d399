// Waits for room in the queue, for `ready()`. Asked again whenever the core says that something was settled.

export interface Room {
  /** Resolves when fewer bytes are queued than the limit, which may change meanwhile. */
  below(): Promise<void>
  /** Something was settled. */
  check(): void
}

export function createRoom(queuedBytes: () => number, limit: () => number): Room {
  const waiting: (() => void)[] = []
  function check(): void {
    if (waiting.length === 0 || queuedBytes() >= limit()) return
    for (const go of waiting.splice(0)) go()
  }
  return {
    check,
    below: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        check()
      }),
  }
}

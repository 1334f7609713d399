// Keeps the writers together at a rate. Time that the program is down is not caught up: `resume` forgets it.
export interface Pace {
  /** Resolves when `events` more may be sent. */
  take(events: number): Promise<void>
  resume(): void
}

/** `perSecond`: events; Infinity lets everything pass. */
export function createPace(perSecond: number): Pace {
  let due = performance.now()
  return {
    async take(events) {
      const now = performance.now()
      due = Math.max(due, now - 200) + (events * 1000) / perSecond
      if (due > now) await new Promise((resolve) => setTimeout(resolve, due - now))
    },
    resume: () => void (due = performance.now()),
  }
}

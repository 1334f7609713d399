// How many requests are on their way at one moment. What waits is bounded by its callers: a commit is a bounded batch, and there is
// one per partition.

export interface Limiter {
  run<T>(work: () => Promise<T>): Promise<T>
  /**
   * Runs all and returns their results in order. After the first failure nothing more is begun; it rejects with that failure when
   * what had begun has ended, so that nothing is still under way behind the caller's back.
   */
  runAll<T>(works: readonly (() => Promise<T>)[]): Promise<T[]>
  load(): { inFlight: number; waiting: number }
}

export function createLimiter(max: number): Limiter {
  const waiting: (() => void)[] = []
  let head = 0
  let inFlight = 0

  async function run<T>(work: () => Promise<T>): Promise<T> {
    // A place is handed over, not freed: nobody who comes later can slip in between.
    if (inFlight >= max) await new Promise<void>((resolve) => waiting.push(resolve))
    else inFlight++
    try {
      return await work()
    } finally {
      const next = waiting[head]
      if (next === undefined) inFlight--
      else {
        head++
        if (head === waiting.length) {
          waiting.length = 0
          head = 0
        }
        next()
      }
    }
  }

  async function runAll<T>(works: readonly (() => Promise<T>)[]): Promise<T[]> {
    const failures: unknown[] = []
    const results = await Promise.all(
      works.map((work) =>
        run(async () => {
          if (failures.length > 0) return undefined
          try {
            return await work()
          } catch (error) {
            failures.push(error)
            return undefined
          }
        }),
      ),
    )
    if (failures.length > 0) throw failures[0]
    return results as T[]
  }

  return { run, runAll, load: () => ({ inFlight, waiting: waiting.length - head }) }
}

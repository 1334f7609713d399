// Where a run's time goes: wraps a port so that each method's calls and time add up. Calls that wait (a log's `wait`) are left out.

export interface Stopwatch {
  timed<T extends object>(name: string, port: T): T
  reset(): void
  report(totalMs: number): string
}

export function createStopwatch(): Stopwatch {
  const spent = new Map<string, { calls: number; ms: number }>()

  function timed<T extends object>(name: string, port: T): T {
    return new Proxy(port, {
      get(target, method) {
        const value: unknown = Reflect.get(target, method)
        if (typeof value !== 'function' || method === 'wait') return value
        return async (...args: unknown[]): Promise<unknown> => {
          const started = performance.now()
          try {
            return await (value.apply(target, args) as Promise<unknown>)
          } finally {
            const key = `${name}.${String(method)}`
            const sum = spent.get(key) ?? { calls: 0, ms: 0 }
            spent.set(key, { calls: sum.calls + 1, ms: sum.ms + performance.now() - started })
          }
        }
      },
    })
  }

  function report(totalMs: number): string {
    return [...spent]
      .sort(([, a], [, b]) => b.ms - a.ms)
      .map(([key, { calls, ms }]) => {
        const share = `${((100 * ms) / totalMs).toFixed(0)} %`.padStart(6)
        return `  ${key.padEnd(20)} ${String(calls).padStart(5)} calls ${ms.toFixed(0).padStart(7)} ms ${share} of the time (stages overlap)`
      })
      .join('\n')
  }

  return { timed, reset: () => spent.clear(), report }
}

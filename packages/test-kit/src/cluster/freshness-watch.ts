// Watches from outside how old the answers are, and says how long after each hit they were fresh again.
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../program/api-client.ts'
import { percentile } from '../crash/torture-report.ts'

export interface FreshnessFigures {
  /** Hits after which answers were fresh again before the next one. */
  measured: number
  p50: number
  max: number
  /** Hits after which the next one came first. */
  cutShort: number
}

export interface FreshnessWatch {
  /** What was hit is ready itself; the services may still be finding that out. */
  back(kind: string): void
  /** Resolves when answers are fresh, or after that time. */
  fresh(timeoutMs: number): Promise<void>
  /** The next hit comes. */
  interrupt(): void
  figures(): Readonly<Record<string, FreshnessFigures>>
  stop(): Promise<void>
}

/** An answer that shows everything but the last few seconds. Unit: milliseconds. */
export const FRESH_WITHIN_MS = 5_000
const EVERY_MS = 200

export function watchFreshness(api: ApiClient): FreshnessWatch {
  const took = new Map<string, number[]>()
  const cut = new Map<string, number>()
  let waiting: { kind: string; since: number } | null = null
  let stopped = false

  async function isFresh(): Promise<boolean> {
    try {
      const answer = await api.get('/v1/analytics/top-events?limit=1')
      return (
        answer.status === 200 && Date.now() - Date.parse(String(answer.json()['as_of'])) < FRESH_WITHIN_MS
      )
    } catch {
      return false
    }
  }

  async function look(): Promise<void> {
    while (!stopped) {
      const asked = waiting
      // It may change while the answer comes: then the answer says nothing of the next one.
      if (asked !== null && (await isFresh()) && waiting === asked) {
        took.set(asked.kind, [...(took.get(asked.kind) ?? []), performance.now() - asked.since])
        waiting = null
      }
      await sleep(EVERY_MS)
    }
  }
  const looking = look()

  return {
    back(kind) {
      waiting = { kind, since: performance.now() }
    },
    async fresh(timeoutMs) {
      const until = performance.now() + timeoutMs
      while (waiting !== null && performance.now() < until) await sleep(EVERY_MS)
    },
    interrupt() {
      if (waiting !== null) cut.set(waiting.kind, (cut.get(waiting.kind) ?? 0) + 1)
      waiting = null
    },
    figures: () =>
      Object.fromEntries(
        [...new Set([...took.keys(), ...cut.keys()])].map((kind) => {
          const times = took.get(kind) ?? []
          return [
            kind,
            {
              measured: times.length,
              p50: percentile(times, 0.5),
              max: percentile(times, 1),
              cutShort: cut.get(kind) ?? 0,
            },
          ]
        }),
      ),
    async stop() {
      stopped = true
      await looking
    },
  }
}

// Waits until the answers include everything accepted up to a moment.
import { setTimeout as sleep } from 'node:timers/promises'
import { askServerFor } from './request.ts'
import type { Target } from './target.ts'

const POLL_MS = 100

/** `as_of` of an answer, as time. */
export async function readAsOf(
  { url, project }: Pick<Target, 'url' | 'project'>,
  key: string,
): Promise<number> {
  const today = new Date().toISOString().slice(0, 10)
  const query = new URLSearchParams({ project, from: today, to: today, limit: '1' })
  const { as_of: asOf } = await askServerFor<{ as_of: string }>(
    `${url}/v1/analytics/top-events?${query.toString()}`,
    {
      key,
    },
  )
  return Date.parse(asOf)
}

/** False when `timeoutMs` passed first. `acceptedAt` as the server said it. */
export async function waitUntilAnswered(
  target: Pick<Target, 'url' | 'project'>,
  key: string,
  acceptedAt: string,
  timeoutMs: number,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    if ((await readAsOf(target, key)) > Date.parse(acceptedAt)) return true
    if (performance.now() > deadline) return false
    await sleep(POLL_MS)
  }
}

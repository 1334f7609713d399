// (d) What the worker's work costs a POST: its latency under the same moderate load with the worker off, and while the worker
// drains a backlog. Both over a log of the same size, on the same data, one after the other.
import { percentile } from '@penstock/test-kit'
import { makeBody } from './made-bodies.ts'
import type { ProgramUnderLoad } from './program-under-load.ts'

export interface PostLatency {
  backlogEvents: number
  withoutWorker: { posts: number; p50: number; p99: number }
  whileDraining: { posts: number; p50: number; p99: number }
  /** p99 while draining to p99 without a worker. */
  ratio: number
}

const BATCH = 20
const POSTS_PER_SECOND = 100
/** Until code is warm: these do not count. */
const WARM_UP_POSTS = 4 * POSTS_PER_SECOND
const BACKLOG_BATCH = 500

export async function measurePostLatency(
  run: ProgramUnderLoad,
  options: { backlogEvents: number; seconds: number },
): Promise<PostLatency> {
  const off = { PENSTOCK_TEST: '1', PENSTOCK_TEST_WORKER: 'off' }
  await run.start(off)
  for (let left = options.backlogEvents; left > 0; left -= 4 * BACKLOG_BATCH) {
    await Promise.all(Array.from({ length: 4 }, () => run.post(makeBody(BACKLOG_BATCH).bytes)))
  }
  await run.stop()
  // Both measured runs are of a program that was just started: one of them must not have warmer code than the other.
  await run.start(off)
  const withoutWorker = await latencies(run, options.seconds, () => Promise.resolve(true))
  await run.stop()
  await run.start()
  const whileDraining = await latencies(run, options.seconds, () => hasBacklog(run))
  await run.counted()
  const summary = (values: number[]) => ({
    posts: values.length,
    p50: tenths(values, 0.5),
    p99: tenths(values, 0.99),
  })
  const without = summary(withoutWorker)
  const draining = summary(whileDraining)
  return {
    backlogEvents: options.backlogEvents,
    withoutWorker: without,
    whileDraining: draining,
    ratio: Math.round((draining.p99 / without.p99) * 100) / 100,
  }
}

/** Latencies of a steady load for so long, or until there is nothing to drain any more. */
async function latencies(
  run: ProgramUnderLoad,
  seconds: number,
  goesOn: () => Promise<boolean>,
): Promise<number[]> {
  const bodies = Array.from({ length: seconds * POSTS_PER_SECOND }, () => makeBody(BATCH).bytes)
  const found: number[] = []
  const startedAt = performance.now()
  const posts: Promise<void>[] = []
  for (const [index, body] of bodies.entries()) {
    const due = startedAt + (index * 1000) / POSTS_PER_SECOND
    if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()))
    const begun = performance.now()
    posts.push(
      run.post(body).then(() => {
        if (index >= WARM_UP_POSTS) found.push(performance.now() - begun)
      }),
    )
    if (index % POSTS_PER_SECOND === 0 && !(await goesOn())) break
  }
  await Promise.all(posts)
  return found
}

async function hasBacklog(run: ProgramUnderLoad): Promise<boolean> {
  const metrics = (await run.api.get('/metrics')).text
  return Number(/^penstock_worker_lag_events (\S+)/m.exec(metrics)?.[1] ?? 0) > 2000
}

const tenths = (values: number[], share: number) =>
  percentile(
    values.map((value) => value * 10),
    share,
  ) / 10

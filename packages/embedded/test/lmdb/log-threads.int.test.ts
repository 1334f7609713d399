// Two threads with one log, as gateway and worker have it: the reader is woken, sees durable messages only, and never
// observes an end later than the time of a message that it did not see.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { createLmdbEventLog, createLogWake } from '@penstock/embedded'
import type { Appended } from '@penstock/pipeline'
import { afterEach, beforeEach, expect, it } from 'vitest'

// `--import tsx` does not reach worker threads, so the thread registers it for itself.
const THREAD = `import('tsx/esm/api').then(({ register }) => {
  register()
  return import(${JSON.stringify(new URL('./reading-thread.ts', import.meta.url).href)})
})`

let path: string
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'penstock-threads-'))
})
afterEach(() => rm(path, { recursive: true, force: true }))

interface Report {
  ends: { lastSeq: number; observedAt: number }[]
  appended: Appended[]
  seen: Appended[]
  wakes: number
}

const reportOf = (worker: Worker): Promise<Report> =>
  new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })

it('agrees about time and order with another thread that reads and appends', async () => {
  const wake = createLogWake()
  const log = await createLmdbEventLog({ path, capBytes: 2 ** 30, wake })
  const total = 400
  const worker = new Worker(THREAD, { eval: true, workerData: { path, wake, total } })
  const mine: Appended[] = []
  const appendSome = async (): Promise<void> => {
    for (let n = 0; n < total / 4; n++) mine.push(await log.append(0, Buffer.alloc(3_000, n)))
  }
  const [{ ends, appended, seen, wakes }] = await Promise.all([
    reportOf(worker),
    appendSome(),
    appendSome(),
    appendSome(),
  ])
  await worker.terminate()

  const all = [...mine, ...appended].sort((a, b) => a.seq - b.seq)
  expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: total }, (_, index) => index + 1))
  expect(seen).toEqual(all)
  for (const { lastSeq, observedAt } of ends) {
    expect(all.every(({ seq, logTime }) => seq <= lastSeq || logTime >= observedAt)).toBe(true)
  }
  expect(ends.length).toBeGreaterThan(50)
  expect(wakes).toBeGreaterThan(0)
  await log.close()
})

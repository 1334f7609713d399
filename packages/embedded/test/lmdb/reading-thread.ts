// The worker's side of log-threads.int.test.ts: follows the log until it has seen `total` messages, appends a quarter of them
// itself, and observes the end all the time.
import { parentPort, workerData } from 'node:worker_threads'
import { createLmdbEventLog } from '@penstock/embedded'
import type { Appended } from '@penstock/pipeline'

const { path, wake, total } = workerData as { path: string; wake: SharedArrayBuffer; total: number }
const log = await createLmdbEventLog({ path, capBytes: 2 ** 30, wake })
const ends: { lastSeq: number; observedAt: number }[] = []
const appended: Appended[] = []
const seen: Appended[] = []
let wakes = 0

const append = async (): Promise<void> => {
  for (let n = 0; n < total / 4; n++) appended.push(await log.append(0, Buffer.alloc(500, n)))
}
const follow = async (): Promise<void> => {
  while (seen.length < total) {
    const after = seen.at(-1)?.seq ?? 0
    await log.wait(0, after, 60_000)
    wakes++
    ends.push(await log.end(0))
    const messages = await log.read(0, after, { maxBytes: 2 ** 20, maxMessages: 3 })
    seen.push(...messages.map(({ seq, logTime }) => ({ seq, logTime })))
  }
}
await Promise.all([append(), follow()])
await log.close()
parentPort?.postMessage({ ends, appended, seen, wakes })

// A process that reads logs which may be damaged, one line of JSON each: what it found, or the error. A process of its own,
// because damage that LMDB itself does not survive must show as a failed test, not as a dead test run.
import { createLmdbEventLog } from '@penstock/embedded'
import { isPipelineError } from '@penstock/pipeline'

for (const path of process.argv.slice(2)) {
  process.stdout.write(`${JSON.stringify(await readLog(path))}\n`)
}

async function readLog(path: string): Promise<unknown> {
  try {
    const log = await createLmdbEventLog({ path, capBytes: 2 ** 30 })
    try {
      const messages = await log.read(0, 0, { maxBytes: 2 ** 30, maxMessages: 100_000 })
      return messages.map(
        ({ seq, chunk }) => `${seq}:${chunk.length}:${Buffer.from(chunk).toString('hex', 0, 4)}`,
      )
    } finally {
      await log.close()
    }
  } catch (error) {
    return isPipelineError(error)
      ? { kind: error.kind, message: error.message }
      : { kind: 'foreign', message: String(error) }
  }
}

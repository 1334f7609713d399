import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { startWorkerThread } from './worker-thread-handle.ts'

const directory = mkdtempSync(join(tmpdir(), 'penstock-thread-'))
let files = 0

/** Starts a thread that runs this code instead of the worker. */
function start(code: string) {
  const file = join(directory, `${(files += 1)}.mjs`)
  writeFileSync(file, `import { parentPort, workerData } from 'node:worker_threads'\n${code}`)
  const data = {
    dataDir: directory,
    logCapBytes: 1,
    hotRetentionDays: 35,
    logLevel: 'silent',
    pretty: false,
    failpoint: null,
    unsafe: null,
    wake: new SharedArrayBuffer(8),
  }
  return startWorkerThread(pathToFileURL(file), data, () => 1_000)
}

const OBEDIENT = `
parentPort.on('message', (message) => {
  if (message.kind === 'metrics') parentPort.postMessage({ kind: 'metrics', id: message.id, text: 'lines ' + message.id })
  else parentPort.close()
})
parentPort.postMessage({ kind: 'ready' })`

describe('startWorkerThread', () => {
  it('is ready, answers for its metrics in whatever order, and stops without having died', async () => {
    const thread = start(OBEDIENT)
    await thread.ready
    expect(await Promise.all([thread.metrics(), thread.metrics()])).toEqual(['lines 1', 'lines 2'])
    let died = false
    void thread.died.then(() => (died = true))
    await thread.stop()
    await Promise.resolve()
    expect(died).toBe(false)
  })

  it('is not ready when it could not start, and says why', async () => {
    const thread = start(
      `parentPort.postMessage({ kind: 'failed', message: 'no tables' }); parentPort.close()`,
    )
    await expect(thread.ready).rejects.toThrow('no tables')
    await thread.stop()
  })

  it('says that it died when it throws while it runs', async () => {
    const thread = start(`${OBEDIENT}\nsetTimeout(() => { throw new Error('broken') }, 5)`)
    await thread.ready
    expect((await thread.died).message).toBe('broken')
  })

  it('says that it died as soon as it failed, while the thread waits to be stopped', async () => {
    const thread = start(`${OBEDIENT}
      setTimeout(() => parentPort.postMessage({ kind: 'failed', message: 'no room' }), 5)`)
    await thread.ready
    expect((await thread.died).message).toBe('no room')
    expect(await thread.metrics()).toBe('lines 1')
    await thread.stop()
  })

  it('says that it died when it just ends', async () => {
    const thread = start(`parentPort.postMessage({ kind: 'ready' })`)
    await thread.ready
    expect((await thread.died).message).toContain('ended with 0')
  })

  it('is alive only while it says so', async () => {
    const thread = start(`new BigInt64Array(workerData.heartbeat)[0] = 900n\n${OBEDIENT}`)
    expect(thread.alive()).toBe(false)
    await thread.ready
    expect(thread.alive()).toBe(true)
    await thread.stop()
  })
})

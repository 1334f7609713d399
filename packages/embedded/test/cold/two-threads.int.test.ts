// A writing thread and a reading one on one directory, as in embedded mode: parameters do not mix. The thread ends
// after this one has closed the engine (open-chdb.ts says why).
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { openChdb } from '@penstock/embedded'
import { createClickHouseColdReader } from '@penstock/pipeline/clickhouse'
import { expect, it } from 'vitest'

it('two threads share the engine', async () => {
  const path = await mkdtemp(join(tmpdir(), 'penstock-cold-'))
  const chdb = await openChdb({ path })
  const reader = createClickHouseColdReader(chdb.readerClient(), {
    ...{ maxExecutionMs: 30_000, maxMemoryBytes: 1e9, maxResultRows: 1e6, maxThreads: 1 },
  })
  const script = new URL('writing-thread.ts', import.meta.url).pathname
  // tsx must be registered inside the thread, too.
  const boot = `require('tsx/cjs/api').register(); import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(script)}) })`
  const thread = new Worker(boot, { eval: true, workerData: { path } })
  const told = once(thread, 'message')
  const wrong: unknown[] = []
  for (let n = 0; n < 400; n++) {
    const { rows } = await reader.query<{ t: string }>({
      sql: 'SELECT {t:String} AS t',
      params: { t: `main-${n}` },
    })
    if (rows[0]?.t !== `main-${n}`) wrong.push(rows)
  }
  const [result] = (await told) as [{ stored: number; wrong: number }]
  expect(wrong).toEqual([])
  expect(result).toEqual({ stored: 6000, wrong: 0 })
  expect((await reader.query({ sql: 'SELECT count() AS n FROM events_v1', params: {} })).rows).toEqual([
    { n: 6000 },
  ])
  await chdb.close()
  await thread.terminate()
  await rm(path, { recursive: true, force: true })
})

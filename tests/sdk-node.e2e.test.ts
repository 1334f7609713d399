// The Node SDK against the built program: kill -9 under load with the spool on, again and again, and the server killed and
// restarted in the middle. Every event that ready() covered is in the answers, once.
import { mkdtemp, rm } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEV_KEYS, type Program, builtProgram, createApiClient, freePort, launch } from '@penstock/test-kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTracker } from '../packages/sdk-node/test/programs/start-tracker.ts'

const FULL = process.env['TEST_FULL'] === '1'
const KILLS = FULL ? 100 : 8
const SERVER_KILLS = 5

let directory: string
let program: Program
let url: string
let env: Record<string, string>

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'penstock-sdk-'))
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  env = { PENSTOCK_DATA_DIR: join(directory, 'data'), PENSTOCK_PORT: String(port) }
  await startServer()
})
afterEach(async () => {
  program.kill('SIGKILL')
  await program.exited
  await rm(directory, { recursive: true, force: true })
})

async function startServer(): Promise<void> {
  program = launch({ args: [builtProgram(), 'dev'], env, url })
  expect(await program.ready, program.output()).not.toBeNull()
}

const covered = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.length === 36)

/** Ids of the events of this name in the export, as often as they stand there. */
async function exported(name: string): Promise<string[]> {
  const api = createApiClient({ url, ...DEV_KEYS })
  try {
    const ids: string[] = []
    for await (const line of api.lines(`/v1/export?format=ndjson&event=${name}`)) {
      if (line !== '') ids.push((JSON.parse(line) as { event_id: string }).event_id)
    }
    return ids
  } finally {
    await api.close()
  }
}

/** What the answers hold when nothing more comes. */
async function counted(name: string, ids: readonly string[]): Promise<string[]> {
  let found: string[] = []
  for (let round = 0; round < 120; round++) {
    found = await exported(name)
    const there = new Set(found)
    if (ids.every((id) => there.has(id))) break
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  return found
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

describe('the Node SDK and the program', () => {
  it(`lose nothing over ${KILLS} kills of the client`, { timeout: FULL ? 900_000 : 180_000 }, async () => {
    const ledger = join(directory, 'ledger')
    const spool = { directory: join(directory, 'spool') }
    for (let round = 0; round < KILLS; round++) {
      const tracker = startTracker({ host: url, name: 'load', end: 'load', count: 0, ledger, spool })
      await tracker.said('tracking')
      await pause(50 + ((round * 37) % 300))
      tracker.child.kill('SIGKILL')
      await tracker.ended
    }
    const drain = startTracker({ host: url, name: 'load', end: 'drain', count: 0, spool })
    await drain.ended
    expect(drain.report('report'), drain.output()).toMatchObject({ remaining: 0 })
    const ids = covered(ledger)
    expect(ids.length).toBeGreaterThan(KILLS * 50)
    const found = await counted('load', ids)
    expect(new Set(found).size, 'each once').toBe(found.length)
    const there = new Set(found)
    expect(ids.filter((id) => !there.has(id))).toEqual([])
  })

  it(
    `agree on every number while the server is killed ${SERVER_KILLS} times`,
    { timeout: 240_000 },
    async () => {
      const ledger = join(directory, 'ledger')
      const spool = { directory: join(directory, 'spool') }
      const tracker = startTracker({ host: url, name: 'steady', end: 'load', count: 0, ledger, spool })
      await tracker.said('tracking')
      for (let round = 0; round < SERVER_KILLS; round++) {
        await pause(400)
        program.kill('SIGKILL')
        await program.exited
        await pause(100)
        await startServer()
      }
      tracker.child.kill('SIGKILL')
      await tracker.ended
      await startTracker({ host: url, name: 'steady', end: 'drain', count: 0, spool }).ended
      const ids = covered(ledger)
      const found = await counted('steady', ids)
      expect(new Set(found).size, 'each once').toBe(found.length)
      const there = new Set(found)
      expect(ids.filter((id) => !there.has(id))).toEqual([])
      // The last events may have been on disk without ready() having said so: at most one round of the tracker.
      expect(found.length - ids.length).toBeLessThanOrEqual(50)
    },
  )
})

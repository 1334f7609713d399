// The built program in a directory of its own, and the few calls the benchmark makes. Every body must be accepted: a 503 would
// make a nice latency.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  builtProgram,
  createApiClient,
  DEV_KEYS,
  freePort,
  launch,
  waitUntilCounted,
} from '@penstock/test-kit'
import type { ApiClient, Program } from '@penstock/test-kit'
import { Agent } from 'undici'

export interface ProgramUnderLoad {
  api: ApiClient
  program(): Program
  /** Time to ready, ms. */
  start(env?: Readonly<Record<string, string>>): Promise<number>
  /** SIGTERM, and the wait for the end. */
  stop(): Promise<void>
  /** Posts a gzip body; resolves with `accepted_at`. Throws for anything but 202. */
  post(body: Buffer): Promise<string>
  /** Waits until all that was accepted so far is in the answers. */
  counted(): Promise<void>
  remove(): Promise<void>
}

export async function createProgramUnderLoad(): Promise<ProgramUnderLoad> {
  const directory = await mkdtemp(join(tmpdir(), 'penstock-bench-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const api = createApiClient({ url, ...DEV_KEYS })
  const agent = new Agent({ connections: 64 })
  let running: Program | null = null
  let lastAcceptedAt = ''

  const program = (): Program => {
    if (running === null) throw new Error('not started')
    return running
  }
  return {
    api,
    program,
    async start(env = {}) {
      const own = {
        PENSTOCK_PORT: String(port),
        PENSTOCK_DATA_DIR: join(directory, 'data'),
        PENSTOCK_LOG_LEVEL: 'warn',
      }
      running = launch({ args: [builtProgram(), 'dev'], env: { ...own, ...env }, url })
      const ready = await running.ready
      if (ready === null) throw new Error(running.output())
      return ready
    },
    async stop() {
      program().kill('SIGTERM')
      await program().exited
    },
    async post(body) {
      const response = await agent.request({
        origin: url,
        path: '/events',
        method: 'POST',
        headers: {
          authorization: `Bearer ${DEV_KEYS.writeKey}`,
          'content-type': 'application/json',
          'content-encoding': 'gzip',
        },
        body,
      })
      const text = await response.body.text()
      if (response.statusCode !== 202) throw new Error(`${response.statusCode} ${text}`)
      const at = /"accepted_at":"([^"]+)"/.exec(text)?.[1] ?? ''
      if (at > lastAcceptedAt) lastAcceptedAt = at
      return at
    },
    async counted() {
      await waitUntilCounted(api, lastAcceptedAt, { timeoutMs: 600_000 })
    },
    async remove() {
      running?.kill('SIGKILL')
      await running?.exited
      await Promise.all([api.close(), agent.close()])
      await rm(directory, { recursive: true, force: true })
    },
  }
}

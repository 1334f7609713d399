// The built program on one port and one data directory for as long as a test lasts, however often it is killed in between, and
// the questions that tests of SDKs ask it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { builtProgram, freePort, launch, type Program } from '@penstock/test-kit'

export interface EmbeddedServer {
  readonly url: string
  /** SIGKILL to every process of it, then a new one on the same data; resolves when that is ready. */
  killAndRestart(): Promise<void>
  /** Events by name, from the analytics answers. */
  topEvents(): Promise<Map<string, { events: number; users: number }>>
  /** Resolves once the analytics answers have these numbers; rejects with the last answer after `timeoutMs`. */
  waitForNumbers(expected: Record<string, number>, timeoutMs?: number): Promise<void>
  stop(): Promise<void>
}

export const WRITE_KEY = 'pk_dev'

export async function startEmbeddedServer(): Promise<EmbeddedServer> {
  const directory = await mkdtemp(join(tmpdir(), 'penstock-sdk-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const env = { PENSTOCK_PORT: String(port), PENSTOCK_DATA_DIR: directory, PENSTOCK_LOG_LEVEL: 'warn' }
  let program: Program
  const start = async (): Promise<void> => {
    program = launch({ args: [builtProgram(), 'dev'], env, url })
    if ((await program.ready) === null) throw new Error(program.output())
  }
  const topEvents = async () => {
    const response = await fetch(`${url}/v1/analytics/top-events?limit=100`, {
      headers: { authorization: 'Bearer rk_dev' },
    })
    const { data } = (await response.json()) as { data: { event: string; events: number; users: number }[] }
    return new Map(data.map(({ event, events, users }) => [event, { events, users }]))
  }
  await start()
  return {
    url,
    topEvents,
    async killAndRestart() {
      program.kill('SIGKILL')
      await program.exited
      await start()
    },
    async waitForNumbers(expected, timeoutMs = 30_000) {
      const deadline = Date.now() + timeoutMs
      for (;;) {
        const counted = await topEvents()
        const names = Object.keys(expected)
        if (names.every((name) => counted.get(name)?.events === expected[name])) return
        if (Date.now() > deadline) {
          const got = JSON.stringify(Object.fromEntries(counted))
          throw new Error(`expected ${JSON.stringify(expected)}, the answers say ${got}`)
        }
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
    async stop() {
      program.kill('SIGTERM')
      await program.exited
      await rm(directory, { recursive: true, force: true })
    },
  }
}

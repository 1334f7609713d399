// One service of the built program, with a port of its own that it keeps over its lives.
import { builtProgram } from '../program/built-program.ts'
import { freePort } from '../program/free-port.ts'
import { launch, type Exit, type Program } from '../program/launch.ts'

export type ServiceKind = 'ingest' | 'answers' | 'all' | 'worker'

export interface ServiceProcess {
  readonly kind: ServiceKind
  readonly port: number
  readonly url: string
  /** The life that runs now, or ran last. */
  readonly program: Program
  /** Whether it is up and nothing has told it to end. */
  running(): boolean
  /** Starts the next life. @param env - of this life only */
  start(env?: Readonly<Record<string, string>>): Program
  /** Starts it and waits until it is ready; throws, with what it printed, when it ends before or is not in time. */
  startReady(env?: Readonly<Record<string, string>>): Promise<Program>
  signal(name: NodeJS.Signals): void
  /** SIGTERM. Resolves with how it ended and how long that took, ms; throws after `timeoutMs`. */
  stop(timeoutMs?: number): Promise<{ exit: Exit; tookMs: number }>
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
}

const READY_MS = 60_000

/** @param logFile - what every life of it prints is appended to it */
export async function createService(
  kind: ServiceKind,
  env: Readonly<Record<string, string>>,
  logFile?: string,
): Promise<ServiceProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const args = [builtProgram(), ...(kind === 'worker' ? ['worker'] : ['gateway', '--serve', kind])]
  let program: Program | null = null

  const current = (): Program => {
    if (program === null) throw new Error(`${kind} was never started`)
    return program
  }
  const start = (own: Readonly<Record<string, string>> = {}): Program => {
    program = launch({
      args,
      env: { ...env, PENSTOCK_PORT: String(port), ...own },
      url,
      ...(logFile === undefined ? {} : { logFile }),
    })
    return program
  }

  return {
    kind,
    port,
    url,
    get program() {
      return current()
    },
    running: () => program?.exit() === null,
    start,
    async startReady(own) {
      const started = start(own)
      const late = after(READY_MS)
      const ready = await Promise.race([started.ready, late.promise])
      late.cancel()
      if (typeof ready !== 'number') throw new Error(`${kind} was not ready:\n${started.output()}`)
      return started
    },
    signal: (name) => current().kill(name),
    async stop(timeoutMs = 12_000) {
      const begun = performance.now()
      current().kill('SIGTERM')
      const late = after(timeoutMs)
      const exit = await Promise.race([current().exited, late.promise])
      late.cancel()
      if (exit === 'late') throw new Error(`${kind} still runs after ${timeoutMs} ms:\n${current().output()}`)
      return { exit, tookMs: performance.now() - begun }
    },
    async kill() {
      if (program === null) return
      program.kill('SIGKILL')
      await program.exited
    },
  }
}

function after(ms: number): { promise: Promise<'late'>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined
  const promise = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), ms)))
  return { promise, cancel: () => clearTimeout(timer) }
}

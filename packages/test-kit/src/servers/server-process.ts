// One server as a process group of its own on 127.0.0.1: started, waited for, killed, started again on the same data.
// Guarantees: whoever gets a TestServer gets one that answers; a start that fails says what the server printed; nothing of it
// outlives this process.
import { spawn, type ChildProcess } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { killAtExit, signalGroup } from '../program/process-group.ts'

export interface TestServer {
  readonly host: '127.0.0.1'
  /** Stays the same over restarts. */
  readonly port: number
  /** Of the process that runs now, or ran last. */
  readonly pid: number
  readonly running: boolean
  /** Signals the whole process group; one that is gone already is no error. */
  kill(signal: NodeJS.Signals): void
  /** Resolves when the process is gone; at once when it is not running. */
  exited(): Promise<void>
  /** Kills it (SIGKILL) when it still runs, and starts it again on the same data and port. Resolves when it answers. */
  restart(): Promise<void>
  /** SIGTERM, after a while SIGKILL. Idempotent. The data stays. */
  stop(): Promise<void>
  /** The last 32 KiB of what it printed, all its starts. */
  log(): string
}

export interface ServerLaunch {
  /** For messages. */
  name: string
  port: number
  command: string
  args: readonly string[]
  env?: Readonly<Record<string, string>>
  /** Asked until it is true. What it throws counts as false. */
  ready: (server: { log: () => string }) => Promise<boolean>
  /** Longest time from the start until ready. Unit: milliseconds. */
  deadlineMs: number
}

const KEPT_LOG = 32_768
const READY_POLL_MS = 25
const TERM_MS = 8000

/** Rejects, with the end of the server's log, when it ends or is not ready in time. */
export async function launchServer(launch: ServerLaunch): Promise<TestServer> {
  let log = ''
  let child: ChildProcess | null = null
  let lastPid = -1
  let gone: Promise<void> = Promise.resolve()

  const signal = (name: NodeJS.Signals): void => {
    if (child !== null) signalGroup(lastPid, name)
  }

  const start = async (): Promise<void> => {
    // Else another server's answer would be taken for this one's.
    if (await accepts(launch.port))
      throw failure(`cannot have port ${launch.port}: Address already in use`, '')
    const started = spawn(launch.command, [...launch.args], {
      detached: true, // a group of its own
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...launch.env },
    })
    child = started
    lastPid = started.pid ?? -1
    const isGone = killAtExit(lastPid)
    let thisLog = ''
    const take = (data: Buffer): void => {
      thisLog = (thisLog + data.toString('utf8')).slice(-KEPT_LOG)
      log = (log + data.toString('utf8')).slice(-KEPT_LOG)
    }
    started.stdout.on('data', take)
    started.stderr.on('data', take)
    gone = new Promise((resolve) => {
      const end = (): void => {
        if (child === started) child = null
        isGone()
        resolve()
      }
      started.once('error', (error) => {
        take(Buffer.from(String(error)))
        end()
      })
      started.once('close', end)
    })
    const deadline = performance.now() + launch.deadlineMs
    while (child === started) {
      if (await launch.ready({ log: () => thisLog }).catch(() => false)) return
      if (performance.now() > deadline) {
        signal('SIGKILL')
        await gone
        throw failure(`was not ready within ${launch.deadlineMs} ms`, thisLog)
      }
      await sleep(READY_POLL_MS)
    }
    throw failure('ended before it was ready', thisLog)
  }
  const failure = (what: string, printed: string): Error =>
    new Error(`${launch.name} ${what}. It printed:\n${printed.slice(-4000)}`)

  await start()
  return {
    host: '127.0.0.1',
    port: launch.port,
    get pid() {
      return lastPid
    },
    get running() {
      return child !== null
    },
    kill: signal,
    exited: () => gone,
    async restart() {
      signal('SIGKILL')
      await gone
      await start()
    },
    async stop() {
      signal('SIGTERM')
      const timer = setTimeout(() => signal('SIGKILL'), TERM_MS)
      await gone
      clearTimeout(timer)
    },
    log: () => log,
  }
}

/** Whether something accepts connections there. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const answer = (value: boolean) => () => {
      socket.destroy()
      resolve(value)
    }
    socket.once('connect', answer(true))
    socket.once('error', answer(false))
    socket.setTimeout(1000, answer(false))
  })
}

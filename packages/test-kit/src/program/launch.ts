// Starts the built program as a process group of its own and says when it is ready and how it ended. Kills the whole group,
// as a machine that loses power would: no process of it may linger. Knows nothing of the product but its command line, its
// environment, its `ready` line and /health/ready.
import { spawn } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { isReady } from './is-ready.ts'
import { killAtExit, signalGroup } from './process-group.ts'

export interface LaunchOptions {
  /** Arguments of node: the program's file first. */
  args: readonly string[]
  /** Added to this process's own environment, from which every PENSTOCK_ variable was taken out. */
  env: Readonly<Record<string, string>>
  url: string
  /** User to run as; default: this process's. */
  uid?: number
  /** File that what it prints is appended to. */
  logFile?: string
}

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface Program {
  readonly pid: number
  /** Milliseconds from the start until the ready line and 200 of /health/ready; null when it ended before. */
  readonly ready: Promise<number | null>
  readonly exited: Promise<Exit>
  /** How it ended, or null while it runs. */
  exit(): Exit | null
  /** Signals the whole group; a group that is gone already is no error. */
  kill(signal: NodeJS.Signals): void
  /** Resident memory of the process in bytes; 0 when it is gone. */
  rssBytes(): number
  /** The most of it since its start. */
  peakRssBytes(): number
  /** The last 16 KiB of what it printed, both streams. */
  output(): string
}

const KEPT_OUTPUT = 16_384

/** The variables of PENSTOCK_* that happen to be set here must not leak into a test. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PENSTOCK_')))
}

export function launch(options: LaunchOptions): Program {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [...options.args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...cleanEnvironment(), ...options.env },
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  })
  let output = ''
  let exit: Exit | null = null
  const log = options.logFile === undefined ? null : createWriteStream(options.logFile, { flags: 'a' })
  const { promise: readyLine, resolve: sawReady } = deferred()
  const take = (data: Buffer) => {
    log?.write(data)
    output = (output + data.toString('utf8')).slice(-KEPT_OUTPUT)
    if (/\bready\b/.test(output)) sawReady()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => {
      output += String(error)
      resolve((exit = { code: -1, signal: null }))
    })
    child.once('close', (code, signal) => {
      log?.end()
      resolve((exit = { code, signal }))
    })
  })
  const pid = child.pid ?? -1
  void exited.then(killAtExit(pid))

  const becomeReady = async (): Promise<number | null> => {
    await Promise.race([readyLine, exited])
    while (exit === null) {
      if (await isReady(options.url, 2_000)) return performance.now() - startedAt
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return null
  }

  return {
    pid,
    ready: becomeReady(),
    exited,
    exit: () => exit,
    kill: (signal) => signalGroup(pid, signal),
    rssBytes: () => memoryOf(pid, 'VmRSS'),
    peakRssBytes: () => memoryOf(pid, 'VmHWM'),
    output: () => output,
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: (() => void) | undefined
  const promise = new Promise<void>((settle) => (resolve = settle))
  return { promise, resolve: () => resolve?.() }
}

function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  try {
    const line = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Number(line?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

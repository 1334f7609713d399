// Runs the built `penstock` command the way a shell does, in a directory of its own, with none of this shell's PENSTOCK_
// variables.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { builtProgram } from '@penstock/test-kit'

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface Running {
  child: ChildProcess
  ended: Promise<Ended>
}

export interface Place {
  cwd: string
  env?: Readonly<Record<string, string>>
}

export function startPenstock(args: readonly string[], place: Place): Running {
  return startNode([builtProgram(), ...args], place)
}

export function startNode(args: readonly string[], { cwd, env = {} }: Place): Running {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('PENSTOCK_')),
  )
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...clean, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
  const ended = (once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>).then(
    ([code, signal]) => ({
      code,
      signal,
      stdout,
      stderr,
    }),
  )
  return { child, ended }
}

/** Runs it to its end. */
export function penstock(args: readonly string[], place: Place): Promise<Ended> {
  return startPenstock(args, place).ended
}

export interface DevServer extends Running {
  url: string
  /** SIGTERM, and how it ended. */
  stop(): Promise<Ended>
}

/** Waits for the ready line of a `dev --json`. Throws with what it printed when it ends before. */
export async function whenReady(running: Running): Promise<DevServer> {
  const line = await Promise.race([firstLine(running.child), running.ended])
  if (typeof line !== 'string')
    throw new Error(`it did not start (${line.code ?? line.signal}): ${line.stderr}`)
  const { url } = JSON.parse(line) as { url: string }
  return {
    ...running,
    url,
    stop: () => {
      running.child.kill('SIGTERM')
      return running.ended
    },
  }
}

export async function startDev(place: Place, args: readonly string[] = []): Promise<DevServer> {
  return whenReady(startPenstock(['dev', '--port', '0', '--json', ...args], place))
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
  return line
}

/** An answer of the server, whatever it is. */
export async function ask(url: string, key: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } })
  return { status: response.status, body: await response.json() }
}

// Starts tracker.ts as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TrackerPlan } from './tracker.ts'

const PROGRAM = fileURLToPath(new URL('tracker.ts', import.meta.url))

export interface Tracker {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Resolves when a line of its output contains this. */
  said(text: string): Promise<void>
  /** Lines of both streams. */
  output(): string
  /** The object with this key that it said. */
  report<T>(key: string): T | undefined
}

export function startTracker(plan: TrackerPlan): Tracker {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM], {
    env: { ...process.env, TRACKER: JSON.stringify(plan) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let output = ''
  let waiting: (() => void)[] = []
  const take = (data: Buffer) => {
    output += data.toString('utf8')
    for (const check of waiting) check()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => {
      process.off('exit', kill)
      resolve({ code, signal })
    })
  })
  return {
    child,
    ended,
    output: () => output,
    said: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!output.includes(text)) return
          waiting = waiting.filter((other) => other !== check)
          resolve()
        }
        waiting.push(check)
        check()
        void ended.then(() => reject(new Error(`ended without saying ${text}: ${output}`)))
      }),
    report<T>(key: string) {
      for (const line of output.split('\n')) {
        if (line.startsWith(`{"${key}"`)) return (JSON.parse(line) as Record<string, T>)[key]
      }
      return undefined
    },
  }
}

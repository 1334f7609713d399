// Runs a real Chromium as a process group of its own and drives it over its debugging port. Started by us and not by
// Playwright, so that it keeps its default switches (Playwright turns the back/forward cache off) and can be killed like a
// browser whose machine loses power.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'
import { killAtExit, signalGroup } from '../program/process-group.ts'

const SWITCHES = [
  '--headless=new',
  '--remote-debugging-port=0',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu',
  '--disable-dev-shm-usage',
]
const START_TIMEOUT_MS = 30_000

export interface Chromium {
  readonly browser: Browser
  /** The profile on disk: what it stores is there again when the browser is started on the same directory. */
  readonly profile: BrowserContext
  /** SIGKILL to every process of it; resolves when it is gone. The profile's directory stays. */
  kill(): Promise<void>
  /** Ends it; removes the profile when it was made here. */
  close(): Promise<void>
}

/** Starts Chromium with the profile in `directory`; without one with a new profile that `close` removes. */
export async function launchChromium(path: string, directory?: string): Promise<Chromium> {
  const profile = directory ?? mkdtempSync(join(tmpdir(), 'penstock-chromium-'))
  rmSync(join(profile, 'DevToolsActivePort'), { force: true })
  const root = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const child = spawn(path, [...SWITCHES, ...root, `--user-data-dir=${profile}`, 'about:blank'], {
    detached: true,
    stdio: 'ignore',
  })
  const exited = once(child, 'exit')
  const pid = child.pid ?? -1
  const isGone = killAtExit(pid)
  const kill = async () => {
    signalGroup(pid, 'SIGKILL')
    await exited
    isGone()
  }
  try {
    const browser = await chromium.connectOverCDP(await debuggingUrl(profile, child))
    const [context] = browser.contexts()
    if (context === undefined) throw new Error('Chromium has no profile')
    return {
      browser,
      profile: context,
      kill,
      async close() {
        await browser.close().catch(() => undefined)
        await kill()
        if (directory === undefined) rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
      },
    }
  } catch (error) {
    await kill()
    throw error
  }
}

async function debuggingUrl(profile: string, child: ChildProcess): Promise<string> {
  const deadline = Date.now() + START_TIMEOUT_MS
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Chromium ended at once with ${child.exitCode}`)
    if (Date.now() > deadline) throw new Error(`Chromium opened no debugging port in ${START_TIMEOUT_MS} ms`)
    try {
      const [port, path] = readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n')
      if (port !== undefined && path !== undefined) return `ws://127.0.0.1:${port}${path}`
    } catch {
      // Not written yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

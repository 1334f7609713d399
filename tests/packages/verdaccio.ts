// A local npm registry for one test: holds only what is published to it, needs no account. The program is fetched once into a
// cache directory outside the repository.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@penstock/test-kit'
import { mustRun } from './npm.ts'

const VERSION = '6.8.0' // the last for Node 20
const START_TIMEOUT_MS = 60_000
const CONFIG = `storage: ./storage
auth: { htpasswd: { file: ./htpasswd } }
uplinks: {}
packages: { '**': { access: $all, publish: $anonymous, unpublish: $anonymous } }
max_body_size: 50mb
log: { type: stdout, format: pretty, level: warn }
`

export interface Registry {
  readonly url: string
  /** Lines for a project's .npmrc: our scope from here, everything else from the usual registry. */
  readonly npmrc: string
  stop(): Promise<void>
}

/** Directory with the program, or why it cannot be had. With CI=true that is an error. */
export async function fetchVerdaccio(): Promise<{ home: string } | { home: null; missing: string }> {
  const root = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'penstock-test-servers')
  const home = join(root, `verdaccio-${VERSION}`)
  if (existsSync(home)) return { home }
  mkdirSync(root, { recursive: true })
  const fresh = mkdtempSync(join(root, 'fetching-'))
  // verdaccio asks for a tag of node-fetch that mirrors of the registry may lack.
  const manifest = {
    private: true,
    dependencies: { verdaccio: VERSION },
    overrides: { 'node-fetch': '2.7.0' },
  }
  writeFileSync(join(fresh, 'package.json'), JSON.stringify(manifest))
  try {
    await mustRun(fresh, 'npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'])
    if (!existsSync(home)) renameSync(fresh, home)
    return { home }
  } catch (error) {
    if (process.env['CI'] === 'true') throw error
    return { home: null, missing: `verdaccio ${VERSION} cannot be installed from npm here` }
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

export async function startRegistry(home: string, directory: string): Promise<Registry> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  writeFileSync(join(directory, 'config.yaml'), CONFIG)
  const program = join(home, 'node_modules/verdaccio/bin/verdaccio')
  const args = [program, '--config', join(directory, 'config.yaml'), '--listen', `127.0.0.1:${port}`]
  const child = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output += data.toString()))
  await whenReady(child, url, () => output)
  return {
    url,
    // npm wants some token before it publishes.
    npmrc: `@penstock:registry=${url}\n//127.0.0.1:${port}/:_authToken=any\n`,
    stop: () => end(child),
  }
}

async function whenReady(child: ChildProcess, url: string, output: () => string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  for (;;) {
    const up = await fetch(`${url}-/ping`).then(
      (response) => response.ok,
      () => false,
    )
    if (up) return
    if (child.exitCode !== null || Date.now() > deadline) {
      await end(child)
      throw new Error(`the registry did not start: ${output()}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

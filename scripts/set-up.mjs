// What every script does first: checks Node, installs dependencies when they are not those of package-lock.json, builds
// the program, and the SDKs where they are wanted, when a source changed since. Uses nothing but Node, because on a fresh clone there is nothing else.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const DIST = join(ROOT, 'packages/cli/dist')
const STAMP = join(DIST, '.sources')
// Folders below packages/ that neither the program nor the SDKs are made of.
const NO_SOURCES = ['node_modules', 'dist', 'test', 'test-kit', 'etc']
const NO_PROGRAM_SOURCES = [...NO_SOURCES, 'sdk-node', 'sdk-testing']
const SDK_STAMP = join(ROOT, 'node_modules/.cache/penstock/sdks.sources')
const OLD_CHUNK_MS = 3_600_000 // a program that is running may still load chunks of the build before

export const PROGRAM = join(DIST, 'main.cjs')

/** One line of what this script does, apart from the output of what it runs. */
export const say = (text) => process.stderr.write(`[penstock] ${text}\n`)

export function checkNode() {
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).engines.node.replace(
    /^[^\d]*/,
    '',
  )
  if (compareVersions(process.versions.node, wanted) >= 0) return
  say(
    `Node ${wanted} or newer is needed; this is ${process.version}. Get one at https://nodejs.org, or run "nvm use".`,
  )
  process.exit(64)
}

/** Installs with `npm ci` when an installed package is missing or has another version than package-lock.json says. */
export function install() {
  const reason = installReason()
  if (reason === null) return
  say(`installing dependencies (${reason})`)
  const started = performance.now()
  if (runNpm(['ci', '--no-audit', '--no-fund']) !== 0) {
    say('npm ci failed; its output above says why. Without a network nothing can be installed.')
    process.exit(69)
  }
  say(`installed in ${seconds(started)}`)
}

/** Builds when the program is not there or a source differs from the one it was built from. */
export function build({ force = false } = {}) {
  const sources = hashSources(NO_PROGRAM_SOURCES)
  const built = existsSync(STAMP) && existsSync(PROGRAM) && readFileSync(STAMP, 'utf8') === sources
  if (built && !force) return
  say(force ? 'building' : existsSync(STAMP) ? 'building (sources changed)' : 'building (first time)')
  const started = performance.now()
  if (runNpm(['run', '--silent', 'build', '-w', '@penstock/cli']) !== 0) {
    say('the build failed')
    process.exit(70)
  }
  mkdirSync(DIST, { recursive: true })
  writeFileSync(STAMP, sources)
  removeOldChunks()
  say(`built in ${seconds(started)}`)
}

/** The packages that are published, as { name, directory, manifest }. */
export function publishedPackages() {
  return readdirSync(join(ROOT, 'packages'))
    .map((directory) => join(ROOT, 'packages', directory))
    .filter((directory) => existsSync(join(directory, 'package.json')))
    .map((directory) => {
      const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
      return { name: manifest.name, directory, manifest }
    })
    .filter(({ manifest }) => manifest.private !== true)
}

/** Of these the ones that are imported; the others are commands. */
export const sdkPackages = () => publishedPackages().filter(({ manifest }) => manifest.exports !== undefined)

/** Builds the SDKs when one is not there or a source differs. Not needed to run the program. */
export async function buildSdks({ force = false } = {}) {
  const packages = sdkPackages()
  const sources = hashSources(NO_SOURCES)
  const complete = packages.every(({ directory, manifest }) => existsSync(join(directory, manifest.main)))
  const fresh = complete && existsSync(SDK_STAMP) && readFileSync(SDK_STAMP, 'utf8') === sources
  if (fresh && !force) return
  say(`building ${packages.map(({ name }) => name).join(', ')}`)
  const started = performance.now()
  rmSync(SDK_STAMP, { force: true })
  const tsup = join(ROOT, 'node_modules/tsup/dist/cli-default.js')
  const build = ({ name, directory }) =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [tsup], { cwd: directory, stdio: ['ignore', 2, 2] })
      child.on('close', (code) => resolve(code === 0 ? null : name))
    })
  const failed = (await Promise.all(packages.map(build))).filter((name) => name !== null)
  if (failed.length > 0) {
    say(`the build of ${failed.join(', ')} failed`)
    process.exit(70)
  }
  mkdirSync(dirname(SDK_STAMP), { recursive: true })
  writeFileSync(SDK_STAMP, sources)
  say(`built in ${seconds(started)}`)
}

/** Runs npm with this very Node, also when the script was started without npm. */
export function runNpm(args, options = {}) {
  const cli = process.env.npm_execpath
  const [command, prefix] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []]
  const result = spawnSync(command, [...prefix, ...args], { cwd: ROOT, stdio: ['ignore', 2, 2], ...options })
  return result.status ?? 1
}

export const seconds = (started) => `${((performance.now() - started) / 1000).toFixed(1)} s`

function installReason() {
  const wanted = readLock(join(ROOT, 'package-lock.json'))
  const record = join(ROOT, 'node_modules/.package-lock.json') // npm's own note of what it installed
  if (!existsSync(record)) return 'nothing is installed'
  const installed = readLock(record)
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || !path.startsWith('node_modules/') || entry.link === true) continue
    const there = installed[path]
    if (there === undefined && entry.optional === true) continue // another platform's
    if (there?.version !== entry.version) return `${path.slice(13)} ${entry.version} is missing`
  }
  return null
}

const readLock = (path) => JSON.parse(readFileSync(path, 'utf8')).packages

function hashSources(without) {
  const hash = createHash('sha256')
  for (const path of ['package-lock.json', 'tsconfig.json', ...packageSources(without)]) {
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(ROOT, path)))
      .update('\0')
  }
  return hash.digest('hex')
}

function packageSources(without) {
  const found = []
  const visit = (directory) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) {
        if (!without.includes(entry.name)) visit(path)
      } else if (!/\.test\.ts$|\.contract\.ts$|\.md$/.test(entry.name)) found.push(relative(ROOT, path))
    }
  }
  visit(join(ROOT, 'packages'))
  return found.sort()
}

function removeOldChunks() {
  for (const name of readdirSync(DIST)) {
    const path = join(DIST, name)
    if (name !== '.sources' && Date.now() - statSync(path).mtimeMs > OLD_CHUNK_MS)
      rmSync(path, { force: true })
  }
}

function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number))
  for (let index = 0; index < 3; index++) {
    if (left[index] !== right[index]) return left[index] - right[index]
  }
  return 0
}

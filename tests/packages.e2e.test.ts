// The SDKs as their users get them: packed, installed outside this workspace, imported, required, compiled, bundled; and events from
// each arrive in the answers of the real program. Short: from tarballs. Long (TEST_FULL): published to a local npm registry.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findChromium, launchChromium, REPOSITORY } from '@penstock/test-kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mustRun, runIn } from './packages/npm.ts'
import { fetchVerdaccio, startRegistry, type Registry } from './packages/verdaccio.ts'
import { type EmbeddedServer, startEmbeddedServer } from './sdk/embedded-server.ts'
import { serveFiles } from './sdk/serve-files.ts'

const CONSUMER = join(REPOSITORY, 'tests/packages/consumer')
const SDKS = ['sdk-browser', 'sdk-node', 'sdk-testing'] as const
const full = process.env['TEST_FULL'] === '1'
const chromium = findChromium()

let server: EmbeddedServer
let directory: string
beforeAll(async () => {
  for (const sdk of SDKS) {
    if (!existsSync(join(REPOSITORY, 'packages', sdk, 'dist/index.d.ts')))
      throw new Error(`${sdk} is not built: run \`node scripts/build.mjs\``)
  }
  directory = await mkdtemp(join(tmpdir(), 'penstock-consumer-'))
  server = await startEmbeddedServer()
})
afterAll(async () => {
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

interface Manifest {
  name: string
  version: string
  devDependencies?: Record<string, string>
}
const readManifest = async (path: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as Manifest

/** The version that this repository was tested with. */
async function pinned(...names: string[]): Promise<Record<string, string>> {
  const entries = names.map(async (name) => {
    const { version } = await readManifest(join(REPOSITORY, 'node_modules', name))
    return [name, version] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** A project outside the workspace, installed. */
async function makeProject(name: string, manifest: object, npmrc = ''): Promise<string> {
  const project = join(directory, name)
  await cp(CONSUMER, project, { recursive: true })
  await writeFile(join(project, 'package.json'), JSON.stringify({ name, private: true, ...manifest }))
  await writeFile(join(project, '.npmrc'), npmrc)
  await mustRun(project, 'npm', [
    'install',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--prefer-offline',
  ])
  return project
}

/** As `name@version` in the form of tarballs, or of what the registry has. */
async function packed(): Promise<Record<string, string>> {
  const to = join(directory, 'tarballs')
  await mkdir(to, { recursive: true })
  const homes = SDKS.map((sdk) => join(REPOSITORY, 'packages', sdk))
  const names = await mustRun(REPOSITORY, 'npm', ['pack', '--silent', '--pack-destination', to, ...homes])
  const files = names.trim().split('\n')
  const entries = homes.map(async (home, index) => {
    const { name } = await readManifest(home)
    return [name, `file:${join(to, files[index]!)}`] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

async function compile(project: string, name: string, options: object, file = 'strict.ts') {
  const compilerOptions = {
    strict: true,
    skipLibCheck: false,
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable', 'esnext.disposable'],
    types: ['node'],
    exactOptionalPropertyTypes: true,
    noEmit: true,
    ...options,
  }
  const config = `tsconfig.${name}.json`
  await writeFile(join(project, config), JSON.stringify({ compilerOptions, files: [file] }))
  const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc')
  const { output } = await runIn(project, process.execPath, [tsc, '-p', config])
  expect(output, `${name}: ${file}`).toBe('')
}

const NODE16 = { module: 'node16', moduleResolution: 'node16' }
const BUNDLER = { module: 'esnext', moduleResolution: 'bundler' }
const PEERS = ['react', '@types/react', '@types/node', 'typebox']

/** Sends from a module and from a script, and compares reports and answers. */
async function send(project: string, file: string, event: string): Promise<void> {
  const count = 250
  const printed = await mustRun(project, process.execPath, [file, server.url, event, String(count)])
  expect(JSON.parse(printed)).toMatchObject({ delivered: count, dropped: {}, remaining: 0 })
  await server.waitForNumbers({ [event]: count })
  expect((await server.topEvents()).get(event)).toEqual({ events: count, users: 10 })
}

describe('installed from tarballs', () => {
  let project: string
  beforeAll(async () => {
    const dependencies = { ...(await packed()), ...(await pinned(...PEERS)) }
    project = await makeProject('tarballs', { type: 'module', dependencies })
  }, 120_000)

  it('an ES module imports every entry and its events are counted', async () => {
    await send(project, 'send.mjs', 'From ESM')
  })

  it('a CommonJS script requires every entry and its events are counted', async () => {
    await send(project, 'send.cjs', 'From CJS')
  })

  it('a strict TypeScript project compiles, declarations of the packages included', async () => {
    await compile(project, 'node16', NODE16)
  })
})

describe.runIf(full)('published to a local npm registry', () => {
  let registry: Registry | null = null
  let missing = ''
  let published: Record<string, string> = {}

  beforeAll(async () => {
    const found = await fetchVerdaccio()
    if (found.home === null) {
      missing = found.missing
      process.stderr.write(`skipped: ${missing}\n`)
      return
    }
    const home = join(directory, 'registry')
    await mkdir(home)
    registry = await startRegistry(found.home, home)
    for (const sdk of SDKS) {
      const from = join(home, sdk)
      await cp(join(REPOSITORY, 'packages', sdk), from, {
        recursive: true,
        filter: (path) => !path.includes('node_modules'),
      })
      await writeFile(join(from, '.npmrc'), registry.npmrc)
      const { name, version } = await readManifest(from)
      await mustRun(from, 'npm', [
        'publish',
        '--provenance=false',
        '--ignore-scripts',
        '--registry',
        registry.url,
      ])
      published = { ...published, [name]: version }
    }
  }, 300_000)
  afterAll(() => registry?.stop())

  it('an ESM project installs and sends', { timeout: 180_000 }, async (test) => {
    if (registry === null) return test.skip(missing)
    const project = await makeProject(
      'esm',
      { type: 'module', dependencies: { ...published, react: '19.3.1' } },
      registry.npmrc,
    )
    await send(project, 'send.mjs', 'From The Registry, ESM')
  })

  it('a CommonJS project installs and sends', { timeout: 180_000 }, async (test) => {
    if (registry === null) return test.skip(missing)
    const project = await makeProject(
      'cjs',
      { type: 'commonjs', dependencies: { ...published, react: '19.3.1' } },
      registry.npmrc,
    )
    await send(project, 'send.cjs', 'From The Registry, CJS')
  })

  it(
    'strict projects compile: node16 as ESM and CommonJS, and bundler',
    { timeout: 180_000 },
    async (test) => {
      if (registry === null) return test.skip(missing)
      const dependencies = { ...published, ...(await pinned(...PEERS)) }
      const esm = await makeProject('types-esm', { type: 'module', dependencies }, registry.npmrc)
      await compile(esm, 'node16', NODE16)
      await compile(esm, 'bundler', BUNDLER)
      const cjs = await makeProject('types-cjs', { type: 'commonjs', dependencies }, registry.npmrc)
      await compile(cjs, 'node16', NODE16, 'plain.ts')
    },
  )

  it('a Vite project builds, and its page sends', { timeout: 180_000 }, async (test) => {
    if (registry === null) return test.skip(missing)
    if (chromium.path === null) return test.skip(chromium.missing)
    const dependencies = { ...published, ...(await pinned('vite', 'typebox')) }
    const project = await makeProject('vite', { type: 'module', dependencies }, registry.npmrc)
    await mustRun(project, 'npx', ['vite', 'build', 'vite', '--outDir', '../out', '--base', './'])
    const html = await readFile(join(project, 'out/index.html'), 'utf8')
    const script = /src="\.(\/assets\/[^"]+\.js)"/.exec(html)![1]!
    const site = await serveFiles({
      '/': html,
      [script]: await readFile(join(project, 'out', script), 'utf8'),
    })
    const browser = await launchChromium(chromium.path)
    try {
      const page = await browser.profile.newPage()
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      await page.goto(`${site.url}/?host=${encodeURIComponent(server.url)}&event=From%20Vite&count=50`)
      await page.waitForFunction(`document.title === 'tracked'`)
      await server.waitForNumbers({ 'From Vite': 50 })
      expect(errors).toEqual([])
    } finally {
      await browser.close()
      await site.close()
    }
  })
})

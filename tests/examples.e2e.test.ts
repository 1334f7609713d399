// Every example of examples/ against the real program: started by its own start command, used as its README says, and the
// answers have what it tracked.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findChromium, freePort, launchChromium, REPOSITORY, type Chromium } from '@penstock/test-kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedServer, startEmbeddedServer } from './sdk/embedded-server.ts'

const EXAMPLES = join(REPOSITORY, 'examples')
const chromium = findChromium()

let server: EmbeddedServer
let directory: string
const running = new Set<ChildProcess>()
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'penstock-examples-'))
  server = await startEmbeddedServer()
})
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

interface Started {
  child: ChildProcess
  /** The first line it printed. */
  line: Promise<string>
  ended: Promise<{ code: number | null; signal: string | null; output: string }>
}

/** Runs `node ARGS` in the example's directory. */
function run(name: string, args: readonly string[], env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, args, {
    cwd: join(EXAMPLES, name),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PENSTOCK_URL: server.url, VITE_PENSTOCK_URL: server.url, PORT: '0', ...env },
  })
  running.add(child)
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output += data.toString()))
  const ended = (once(child, 'close') as Promise<[number | null, string | null]>).then(([code, signal]) => {
    running.delete(child)
    return { code, signal, output }
  })
  const line = Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([first]) => String(first)),
    ended.then((end) => Promise.reject(new Error(`${name} ended: ${end.output}`))),
  ])
  line.catch(() => undefined)
  return { child, line, ended }
}

/** As `npm start` of the example would: its script is `node FILE`. */
async function start(name: string, env: Record<string, string> = {}): Promise<Started> {
  const manifest = JSON.parse(await readFile(join(EXAMPLES, name, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  }
  const [node, ...args] = manifest.scripts.start.split(' ')
  expect(node).toBe('node')
  return run(name, args, env)
}

const addressIn = (line: string): string => /http:\/\/127\.0\.0\.1:\d+/.exec(line)![0]

async function post(url: string, body: object): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-user-id': 'ada' },
    body: JSON.stringify(body),
  })
  await response.text()
  return response.status
}

it('tests every example there is', async () => {
  const names = (await readdir(EXAMPLES, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
  const tested = await readFile(join(REPOSITORY, 'tests/examples.e2e.test.ts'), 'utf8')
  const walkthrough = await readFile(join(REPOSITORY, 'tests/walkthrough/answers.ts'), 'utf8')
  const readme = await readFile(join(EXAMPLES, 'README.md'), 'utf8')
  for (const name of names) {
    expect(`${tested}${walkthrough}`, `tests of ${name}`).toMatch(new RegExp(`'(examples/)?${name}'`))
    expect(readme, `README on ${name}`).toContain(`(${name})`)
  }
})

describe('backends', () => {
  it('express-backend tracks orders and delivers at SIGTERM', async () => {
    const example = await start('express-backend', { SPOOL_DIRECTORY: join(directory, 'spool') })
    const url = addressIn(await example.line)
    for (const total of [1, 2, 3]) expect(await post(`${url}/orders`, { total })).toBe(201)
    example.child.kill('SIGTERM')
    expect(await example.ended).toMatchObject({ code: 0 })
    await server.waitForNumbers({ 'Order Completed': 3 })
  })

  it('fastify-backend tracks sign-ups and delivers when it closes', async () => {
    const example = await start('fastify-backend')
    const url = addressIn(await example.line)
    for (const plan of ['free', 'pro']) expect(await post(`${url}/sign-ups`, { plan })).toBe(201)
    example.child.kill('SIGTERM')
    expect(await example.ended).toMatchObject({ code: 0 })
    await server.waitForNumbers({ 'Signed Up': 2 })
  })

  it('serverless delivers what waitUntil was told of before it is frozen', async () => {
    const { signal, output } = await (await start('serverless')).ended
    expect(output).toBe('answered 200, 1 promise to wait for\n')
    expect(signal).toBe('SIGKILL')
    await server.waitForNumbers({ 'Document Converted': 1 })
  })

  it('short-command is over in a moment and its event arrives', async () => {
    const { code, output } = await (await start('short-command')).ended
    expect([code, output]).toEqual([0, 'hello, world\n'])
    await server.waitForNumbers({ 'Command Run': 1 })
  })
})

describe.skipIf(chromium.path === null)(
  `pages${chromium.path === null ? ` (skipped: ${chromium.missing})` : ''}`,
  () => {
    let browser: Chromium
    beforeAll(async () => {
      browser = await launchChromium(chromium.path!)
    })
    afterAll(() => browser.close())

    async function open(url: string) {
      const page = await browser.profile.newPage()
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      await page.goto(url)
      return { page, errors }
    }
    /** More of each, apart from what earlier tests sent. */
    async function more(names: Record<string, number>): Promise<Record<string, number>> {
      const before = await server.topEvents()
      return Object.fromEntries(
        Object.entries(names).map(([name, count]) => [name, count + (before.get(name)?.events ?? 0)]),
      )
    }

    it('plain-html counts the view, the call before the script and the click', async () => {
      const example = await start('plain-html')
      const expected = await more({ $page: 1, Landed: 1, 'Order Completed': 1 })
      const { page, errors } = await open(addressIn(await example.line))
      await page.click('#buy')
      await server.waitForNumbers(expected)
      expect(errors).toEqual([])
      await page.close()
      example.child.kill('SIGTERM')
    })

    it('vite-react counts views of its routes and typed events', async () => {
      const vite = join(REPOSITORY, 'node_modules/vite/bin/vite.js')
      const built = join(directory, 'vite-react')
      const build = await run('vite-react', [vite, 'build', '--outDir', built]).ended
      expect(build.code, build.output).toBe(0)
      const port = await freePort()
      const preview = run('vite-react', [
        vite,
        'preview',
        '--outDir',
        built,
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
      ])
      await preview.line
      const expected = await more({ $page: 2, 'Product Viewed': 1, 'Order Completed': 1 })
      const { page, errors } = await open(`http://127.0.0.1:${port}/`)
      await page.click('text=Look at the pump')
      await page.click('text=Buy')
      await page.click('text=Log in')
      await server.waitForNumbers(expected)
      expect(errors).toEqual([])
      expect(new URL(page.url()).pathname).toBe('/products/pump-7')
      await page.close()
      preview.child.kill('SIGTERM')
    })
  },
)

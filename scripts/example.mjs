// `npm run example NAME [-- ARGS…]`: installs and builds what is stale, runs `npm start` of the example against the Penstock at
// PENSTOCK_URL, and starts one for as long as that takes when none is there.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { PROGRAM, ROOT, build, buildSdks, checkNode, install, runNpm, say } from './set-up.mjs'

const EXAMPLES = join(ROOT, 'examples')
const names = readdirSync(EXAMPLES).filter((name) => existsSync(join(EXAMPLES, name, 'package.json')))
const [name, ...args] = process.argv.slice(2)
if (!names.includes(name)) {
  say(`npm run example NAME, with one of: ${names.join(', ')} (examples/README.md)`)
  process.exit(64)
}
checkNode()
install()
build()
await buildSdks()

const url = process.env.PENSTOCK_URL ?? 'http://127.0.0.1:4180'
const server = (await answers()) ? null : await startServer()
const environment = { ...process.env, PENSTOCK_URL: url, VITE_PENSTOCK_URL: url }
process.on('SIGINT', () => undefined) // the terminal tells the example itself; this waits for its end
process.exitCode = runNpm(['start', '--silent', '--', ...args], {
  cwd: join(EXAMPLES, name),
  stdio: 'inherit',
  env: environment,
})
server?.kill('SIGTERM')

async function answers() {
  try {
    return (await fetch(`${url}/health/ready`)).ok
  } catch {
    return false
  }
}

async function startServer() {
  const { hostname, port } = new URL(url)
  if (hostname !== '127.0.0.1') {
    say(`no Penstock answers at ${url}`)
    process.exit(69)
  }
  say(`no Penstock answers at ${url}: starting one`)
  const child = spawn(process.execPath, [PROGRAM, 'dev'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, PENSTOCK_PORT: port, PENSTOCK_LOG_LEVEL: 'warn' },
  })
  const ended = new Promise((resolve) => child.once('exit', () => resolve(true)))
  while (!(await answers())) {
    if (await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 100, false))]))
      process.exit(69)
  }
  return child
}

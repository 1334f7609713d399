// `node scripts/compose-check.mjs`: the compose file as an operator uses it. Up, load, ask, kill -9 every kind of container under load,
// rolling restarts, more workers, a rotated password, down and up again: each time every event must be counted exactly once.
// Deletes the project's volumes before and after. Needs Docker with Compose, and the built program (`npm run build`).
//
//   --profile lite    the small one (kills fewer kinds of things, there is one of each)
//   --file FILE       more compose files, after docker-compose.yml; may be repeated
//   --keep            leave it running at the end
//   --only a,b        only these steps (names below), on what is running
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ROOT, say, seconds } from './set-up.mjs'

const { values: options } = parseArgs({
  options: {
    profile: { type: 'string' },
    file: { type: 'string', multiple: true, default: [] },
    keep: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})
const lite = options.profile === 'lite'
const files = ['docker-compose.yml', ...options.file].flatMap((file) => ['-f', file])
const profile = options.profile === undefined ? [] : ['--profile', options.profile]
const program = join(ROOT, 'packages/cli/dist/main.cjs')
const url = `http://127.0.0.1:${process.env.PENSTOCK_PORT ?? 4180}`
const project = process.env.PENSTOCK_PROJECT ?? 'main'
// All profiles: `down` has to see everything.
const everything = ['--profile', 'full', '--profile', 'lite']

function compose(args, { profiles = profile, quiet = false } = {}) {
  const result = spawnSync('docker', ['compose', ...files, ...profiles, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', quiet ? 'pipe' : 'inherit'],
    maxBuffer: 64 << 20,
  })
  if (result.status !== 0)
    throw new Error(
      `docker compose ${args.join(' ')} ended with ${result.status}\n${result.stdout}${result.stderr ?? ''}`,
    )
  return result.stdout
}

const up = (...args) => compose(['up', '-d', '--wait', '--wait-timeout', '300', ...args], { quiet: true })
const init = (...args) => compose(['run', '--rm', '--no-deps', 'init', ...args], { quiet: true })

let keys
function readKeys() {
  const text = init('--show')
  keys = Object.fromEntries(
    [...text.matchAll(/^ {2}(\w+_key) +(\S+)$/gm)].map(([, name, key]) => [name, key]),
  )
  if (Object.keys(keys).length !== 3) throw new Error('init --show does not show three keys')
}

const ask = async (path) => {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${keys.read_key}` } })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response
}
const FROM = new Date(Date.now() - 40 * 86_400_000).toISOString().slice(0, 10)
const RANGE = `project=${project}&from=${FROM}`

/** Until answers hold everything that was accepted up to now. A machine that is busy may take its time; a store may still be away. */
async function caughtUp() {
  const wanted = Date.now()
  for (let attempt = 0; ; attempt++) {
    const asOf = await ask(`/v1/analytics/top-events?${RANGE}&limit=1`).then(
      async (response) => Date.parse((await response.json()).as_of),
      () => 0,
    )
    if (asOf > wanted) return (Date.now() - wanted) / 1000
    if (attempt > 300) throw new Error('answers do not catch up within five minutes')
    await sleep(1000)
  }
}

/** Every event of the run (or of all), out of the cold store: how many lines, how many different ids. */
async function stored(run) {
  const filters = run === undefined ? [] : [{ property: 'context.load_run', op: 'eq', value: run }]
  const response = await ask(`/v1/export?${RANGE}&filters=${encodeURIComponent(JSON.stringify(filters))}`)
  const ids = (await response.text())
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).event_id)
  return { lines: ids.length, different: new Set(ids).size }
}

/** `penstock load` until it is told to stop. It sends what was not answered again: a store that is away costs time and nothing else. */
function startLoad(durationSeconds, rate = 500) {
  const flags = {
    url,
    project,
    rate,
    duration: durationSeconds,
    concurrency: 4,
    'write-key': keys.write_key,
    'read-key': keys.read_key,
  }
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
  const child = spawn(process.execPath, [program, 'load', '--json', '--no-verify', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  child.stdout.on('data', (data) => (out += data))
  let err = ''
  child.stderr.on('data', (data) => (err = (err + data).slice(-2000)))
  const ended = new Promise((resolve) => child.on('close', resolve))
  /** Waits for its end and holds its books against the cold store. */
  async function settle() {
    const code = await ended
    if (code !== 0) throw new Error(`penstock load ended with ${code}: ${out}${err}`)
    const { run, unique, repeated } = JSON.parse(out)
    const seconds = await caughtUp()
    const { lines, different } = await stored(run)
    if (lines !== unique || different !== unique)
      throw new Error(`${unique} events were accepted, ${lines} are stored, ${different} different ones`)
    say(
      `  ${unique} events counted once each, ${repeated} requests sent again, fresh ${seconds.toFixed(0)} s after the last`,
    )
  }
  return { settle, stop: () => (child.kill('SIGINT'), settle()) }
}
const load = (durationSeconds) => startLoad(durationSeconds).settle()

const containers = (service) =>
  compose(['ps', '-q', service], { quiet: true }).trim().split('\n').filter(Boolean)
function kill(service) {
  const [first] = containers(service)
  const { status, stderr } = spawnSync('docker', ['kill', '--signal', 'KILL', first], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${service} was not killed: ${stderr}`)
}

/** Starts what is down of a service, and waits until all of it is healthy, however often it was not on the way there. */
async function back(service) {
  compose(['up', '-d', '--no-deps', '--no-recreate', service], { quiet: true })
  const health = () =>
    spawnSync('docker', ['inspect', '--format', '{{.State.Health.Status}}', ...containers(service)], {
      encoding: 'utf8',
    })
      .stdout.trim()
      .split('\n')
  for (let attempt = 0; !health().every((status) => status === 'healthy'); attempt++) {
    if (attempt > 300) throw new Error(`${service} is not healthy within five minutes`)
    await sleep(1000)
  }
}

const STEPS = {
  async up() {
    compose(['down', '--volumes', '--remove-orphans', '--timeout', '20'], {
      profiles: everything,
      quiet: true,
    })
    compose(['up', '-d', '--build', '--wait', '--wait-timeout', '300'], { quiet: true })
    if (!compose(['logs', '--no-log-prefix', 'init'], { quiet: true }).includes('write_key'))
      throw new Error('the first start printed no keys')
  },
  async load() {
    await load(10)
  },
  async watch() {
    if (lite) return
    const asked = "sum by (job) (up{job=~'gateway|answers|worker|entry|clickhouse'})"
    for (let attempt = 0; ; attempt++) {
      const text = compose(
        [
          'exec',
          '-T',
          'prometheus',
          'wget',
          '-qO-',
          `http://127.0.0.1:9090/api/v1/query?query=${encodeURIComponent(asked)}`,
        ],
        { quiet: true },
      )
      const seen = Object.fromEntries(
        JSON.parse(text).data.result.map(({ metric, value }) => [metric.job, Number(value[1])]),
      )
      if (
        seen.gateway === 2 &&
        seen.worker === 2 &&
        seen.answers === 1 &&
        seen.entry === 1 &&
        seen.clickhouse === 1
      )
        return
      if (attempt > 20) throw new Error(`Prometheus sees ${JSON.stringify(seen)}`)
      await sleep(2000)
    }
  },
  // Everything is killed once under load, and started again as an orchestrator would.
  async kill() {
    const loading = startLoad(900)
    for (const service of ['gateway', 'worker', 'nats', 'clickhouse', 'scylla', 'answers', 'entry']) {
      await sleep(5000)
      const began = performance.now()
      kill(service)
      await back(service)
      say(`  ${service} killed; back after ${seconds(began)}`)
    }
    await loading.stop()
  },
  // One at a time, as an upgrade does it. Senders may see 503, and `load` fails when one is not mended by sending again.
  async roll() {
    const loading = startLoad(900)
    for (const service of lite ? ['gateway', 'worker'] : ['gateway', 'gateway-b', 'worker', 'worker-b']) {
      await sleep(1000)
      compose(['restart', '--timeout', '12', service], { quiet: true })
      await back(service)
    }
    await loading.stop()
  },
  async scale() {
    up('--no-recreate', '--scale', 'worker=3', '--scale', 'gateway=2')
    if (containers('worker').length !== 3) throw new Error('there are not three workers')
    await load(10)
    up('--no-recreate', '--scale', 'worker=1', '--scale', 'gateway=1')
    await load(5)
  },
  async rotate() {
    init('--rotate', 'cql_worker_password', 'nats_worker_password', 'clickhouse_answers_password')
    compose(['kill', '-s', 'HUP', 'nats'], { quiet: true })
    const workers = lite ? ['worker'] : ['worker', 'worker-b']
    compose(['up', '-d', '--no-deps', '--force-recreate', 'scylla-roles'], { quiet: true })
    compose(['wait', 'scylla-roles'], { quiet: true })
    compose(['restart', 'clickhouse'], { quiet: true })
    up('--no-deps', '--no-recreate', 'clickhouse')
    up('--no-deps', '--force-recreate', ...workers, 'answers')
    await load(5)
  },
  async again() {
    const before = await stored()
    compose(['down', '--timeout', '20'], { profiles: everything, quiet: true })
    up()
    await caughtUp()
    const after = await stored()
    if (before.lines === 0 || JSON.stringify(before) !== JSON.stringify(after)) {
      throw new Error(`${before.lines} events before, ${after.lines} after down and up`)
    }
    say(`  ${after.lines} events are there after down and up`)
  },
}

const asked = options.only?.split(',') ?? Object.keys(STEPS)
const started = performance.now()
try {
  for (const name of asked) {
    const began = performance.now()
    say(`${name} …`)
    if (name !== 'up' && keys === undefined) readKeys()
    await STEPS[name]()
    say(`ok ${name} (${seconds(began)})`)
  }
  say(`compose: ${asked.length} steps well in ${seconds(started)}`)
} catch (error) {
  say(`FAILED: ${error.message}`)
  say(compose(['ps', '-a'], { quiet: true }))
  say(compose(['logs', '--tail', '30'], { quiet: true }))
  process.exitCode = 1
} finally {
  if (!options.keep)
    compose(['down', '--volumes', '--remove-orphans', '--timeout', '20'], {
      profiles: everything,
      quiet: true,
    })
}

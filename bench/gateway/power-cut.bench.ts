// What a power cut takes of the log's acknowledged messages: with `sync_interval: always`, and with the default timer. A server's
// store lies on a disk of its own, a file mounted as one; a cut is a copy of that file. It holds what the kernel has written to
// the disk, and nothing that is only in the page cache; `kill -9` would lose nothing, because that cache outlives a process.
// Each copy is mounted, a server started on it, and what it has is counted. The disk has no cache of its own that lies.
// Run as root on Linux (mount, mkfs.ext4): npx tsx bench/gateway/power-cut.bench.ts [--per-second 20] [--cuts 10,25,45,70,100,118]
// Exits with 1 when `always` lost one.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startNats, type NatsTestServer } from '@penstock/test-kit/servers'
import { message, openBenchLog } from './bench-log.ts'

const EVENTS = 100
const DISK_BYTES = 1_073_741_824
const CAP_BYTES = 512 * 1_048_576
const SETTINGS = ['always', '120s'] as const

interface Cut {
  setting: string
  /** Since the first message. */
  seconds: number
  /** Messages acknowledged before the copy began. */
  acknowledged: number
  disk: string
}

const { values } = parseArgs({
  options: {
    'per-second': { type: 'string', default: '20' },
    cuts: { type: 'string', default: '10,25,45,70,100,118' },
  },
})
const pauseMs = 1_000 / Number(values['per-second'])
const cutsAt = values.cuts.split(',').map(Number)
// In memory, so that a copy is taken in an instant.
const directory = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'penstock-power-cut-'))
const mounted: string[] = []
const servers: NatsTestServer[] = []

async function mount(disk: string): Promise<string> {
  const at = `${disk}.mounted`
  await mkdir(at)
  execFileSync('mount', ['-o', 'loop', disk, at])
  mounted.push(at)
  return at
}

function unmount(at: string): void {
  execFileSync('umount', [at])
  mounted.splice(mounted.indexOf(at), 1)
}

async function start(at: string, setting: (typeof SETTINGS)[number]): Promise<NatsTestServer> {
  const server = await startNats({ directory: join(at, 'nats'), syncInterval: setting })
  servers.push(server)
  return server
}

/** Appends at an even pace, one at a time, and takes a copy of the disk at each of the moments. */
async function appendAndCut(setting: (typeof SETTINGS)[number]): Promise<Cut[]> {
  const disk = join(directory, setting)
  await writeFile(disk, '')
  await truncate(disk, DISK_BYTES)
  execFileSync('mkfs.ext4', ['-q', disk])
  const at = await mount(disk)
  const nats = await start(at, setting)
  const log = await openBenchLog(nats.url, CAP_BYTES)
  // What was before the first message is no part of it.
  execFileSync('sync', ['-f', at])
  const chunk = message(EVENTS)
  const cuts: Cut[] = []
  const started = performance.now()
  let acknowledged = 0
  for (const seconds of cutsAt) {
    while (performance.now() - started < seconds * 1_000) {
      acknowledged = (await log.append(0, chunk)).seq
      await sleep(Math.max(0, started + acknowledged * pauseMs - performance.now()))
    }
    const copy = `${disk}.cut-${seconds}`
    nats.kill('SIGSTOP')
    execFileSync('cp', ['--sparse=always', disk, copy])
    nats.kill('SIGCONT')
    cuts.push({ setting, seconds, acknowledged, disk: copy })
  }
  await log.close()
  await nats.stop()
  unmount(at)
  return cuts
}

/** Messages that a server finds on the copy, from the first one on without a gap. */
async function survivors({ disk }: Cut): Promise<number> {
  const at = await mount(disk)
  let found = 0
  // Without the log's folder the server starts empty.
  if (existsSync(join(at, 'nats/jetstream'))) {
    const nats = await start(at, 'always')
    const log = await openBenchLog(nats.url, CAP_BYTES)
    for (;;) {
      const batch = await log.read(0, found, { maxBytes: 4_194_304, maxMessages: 256 })
      if (batch.length === 0 || batch[0]?.seq !== found + 1) break
      for (const { seq } of batch) if (seq === found + 1) found = seq
    }
    await log.close()
    await nats.stop()
  }
  unmount(at)
  await rm(disk)
  return found
}

let ok = true
try {
  const cuts = (await Promise.all(SETTINGS.map(appendAndCut))).flat()
  console.log('| sync_interval | power cut after | acknowledged events | on the disk | lost | the last s |')
  console.log('| --- | --- | --- | --- | --- | --- |')
  for (const cut of cuts) {
    const found = Math.min(await survivors(cut), cut.acknowledged)
    const lost = cut.acknowledged - found
    if (cut.setting === 'always' && lost > 0) ok = false
    console.log(
      `| ${cut.setting} | ${cut.seconds} s | ${cut.acknowledged * EVENTS} | ${found * EVENTS} | ${lost * EVENTS} ` +
        `| ${((lost * pauseMs) / 1_000).toFixed(1)} |`,
    )
  }
} finally {
  for (const server of servers) await server.stop()
  for (const at of mounted.toReversed()) unmount(at)
  await rm(directory, { recursive: true, force: true })
}
process.exitCode = ok ? 0 : 1

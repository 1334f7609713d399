// Every way a program can end, with and without the spool, against a fake gateway; processes that share a spool root; disks
// that are full, read-only or damaged.
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { type FakeGateway, startFakeGateway } from '@penstock/testing/gateway'
import { mountSmallDisk } from '@penstock/test-kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPenstock } from '../src/index.ts'
import { type Tracker, startTracker } from './programs/start-tracker.ts'

const FULL = process.env['TEST_FULL'] === '1'
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

let gateway: FakeGateway
let root: string
const trackers: Tracker[] = []

beforeEach(async () => {
  gateway = await startFakeGateway()
  root = mkdtempSync(join(tmpdir(), 'penstock-spool-'))
})
afterEach(async () => {
  for (const { child } of trackers.splice(0)) child.kill('SIGKILL')
  await gateway.close()
  rmSync(root, { recursive: true, force: true })
})

const start = (
  plan: Omit<Parameters<typeof startTracker>[0], 'host' | 'name'> & { name?: string },
): Tracker => {
  const tracker = startTracker({ host: gateway.url, name: 'e', ...plan })
  trackers.push(tracker)
  return tracker
}
const files = (directory = root): string[] =>
  readdirSync(directory, { recursive: true })
    .map(String)
    .filter((name) => /\.(events|lock)$/.test(name))
const ledgerOf = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.length === 36)

describe('a program that ends', () => {
  it('by itself sends what is queued first, and ends', async () => {
    const tracker = start({ end: 'natural', count: 5_000 })
    expect(await tracker.ended).toEqual({ code: 0, signal: null })
    expect(gateway.copies().size).toBe(5_000)
  })

  it('by itself does not hang when nobody answers, and says what is lost', async () => {
    await gateway.stop()
    const tracker = start({ end: 'natural', count: 100, shutdownTimeoutMs: 300 })
    expect((await tracker.ended).code).toBe(0)
    expect(tracker.output()).toContain('100')
  })

  it('by process.exit says how much was not sent; with a spool the next start sends it', async () => {
    const without = start({ end: 'exit', count: 100 })
    await without.ended
    expect(without.output()).toContain('100')
    expect(gateway.copies().size).toBe(0)
    const spool = { directory: root }
    const before = start({ end: 'exit', count: 100, spool })
    await before.ended
    expect(before.output()).toBe('')
    await start({ end: 'drain', count: 0, spool }).ended
    expect(gateway.copies().size).toBe(100)
    expect(files()).toEqual([])
  })

  it('by SIGTERM delivers everything with the snippet of the docs', async () => {
    const tracker = start({ end: 'sigterm', count: 3_000 })
    await tracker.said('waiting')
    tracker.child.kill('SIGTERM')
    expect((await tracker.ended).code).toBe(0)
    expect(tracker.report('report')).toMatchObject({ remaining: 0 })
    expect(gateway.copies().size).toBe(3_000)
  })

  it(
    'by kill -9 loses nothing that ready() covered, and sends the same ids',
    { timeout: 120_000 },
    async () => {
      const ledger = join(root, 'ledger')
      const directory = join(root, 'spool')
      gateway.otherwise(({ number }) =>
        number % 4 === 0 ? { status: 503 } : number % 7 === 0 ? { cut: 'after' } : {},
      )
      for (let round = 0; round < 4; round++) {
        const tracker = start({ end: 'load', count: 0, ledger, spool: { directory } })
        await tracker.said('tracking')
        await new Promise((resolve) => setTimeout(resolve, 100 + 83 * round))
        tracker.child.kill('SIGKILL')
        await tracker.ended
      }
      gateway.otherwise({})
      await start({ end: 'drain', count: 0, spool: { directory } }).ended
      const covered = ledgerOf(ledger)
      expect(covered.length).toBeGreaterThan(500)
      const arrived = gateway.copies()
      expect(covered.filter((id) => !arrived.has(id))).toEqual([])
      expect(files(directory)).toEqual([])
    },
  )
})

describe('a worker thread', () => {
  it('that ends by itself sends what is queued first', async () => {
    const plan = { host: gateway.url, name: 'e', end: 'natural', count: 500 }
    // A worker of Node 20 cannot load TypeScript, so it gets the program as one file.
    const program = join(root, 'tracker.mjs')
    await build({
      entryPoints: [fileURLToPath(new URL('programs/tracker.ts', import.meta.url))],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)",
      },
    })
    const worker = new Worker(program, { env: { ...process.env, TRACKER: JSON.stringify(plan) } })
    expect(await new Promise((resolve) => worker.once('exit', resolve))).toBe(0)
    expect(gateway.copies().size).toBe(500)
  })
})

describe('memory', () => {
  const seconds = FULL ? 180 : 5
  it(
    `stays flat with the gateway down for ${seconds} s at 1,000 events/s`,
    { timeout: 400_000 },
    async () => {
      await gateway.stop()
      const penstock = createPenstock({
        writeKey: 'pk',
        host: gateway.url,
        maxQueueBytes: 1_048_576,
        logger: { warn: () => undefined },
      })
      const heap: number[] = []
      for (let second = 0; second < seconds; second++) {
        for (let part = 0; part < 100; part++) {
          for (let at = 0; at < 10; at++)
            penstock.track({ userId: 'u', event: 'e', properties: { text: 'x'.repeat(300) } })
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
        collectGarbage()
        heap.push(process.memoryUsage().heapUsed)
      }
      const { tracked, queued, dropped } = penstock.stats()
      expect(tracked).toBe(queued + (dropped.queue_full ?? 0))
      expect(dropped.queue_full).toBeGreaterThan(0)
      const afterFull = heap[Math.floor(seconds / 1.5)] as number
      expect((heap.at(-1) as number) - afterFull).toBeLessThan(4_000_000)
      await penstock.shutdown({ timeoutMs: 0 })
    },
  )
})

describe('processes that share a spool root', () => {
  it(
    'each keep a folder of their own, and adopt those of one that is gone',
    { timeout: 120_000 },
    async () => {
      const directory = join(root, 'spool')
      await gateway.stop()
      const ledgers = [0, 1, 2, 3].map((at) => join(root, `ledger${at}`))
      const cluster = ledgers.map((ledger, at) =>
        start({ end: 'load', count: 0, name: `p${at}`, ledger, spool: { directory } }),
      )
      await Promise.all(cluster.map((tracker) => tracker.said('tracking')))
      await new Promise((resolve) => setTimeout(resolve, 300))
      expect(files(directory).filter((name) => name.endsWith('.lock'))).toHaveLength(4)
      // One is killed for good; the gateway comes back; the three live on and find its folder.
      cluster[0]?.child.kill('SIGKILL')
      await cluster[0]?.ended
      await gateway.start()
      const lost = ledgerOf(ledgers[0] as string)
      expect(lost.length).toBeGreaterThan(0)
      await gateway.waitUntil(() => lost.every((id) => gateway.copies().has(id)), 40_000)
      for (const { child } of cluster) child.kill('SIGKILL')
      await Promise.all(cluster.map(({ ended }) => ended))
      await start({ end: 'drain', count: 0, spool: { directory } }).ended
      const arrived = gateway.copies()
      for (const ledger of ledgers) expect(ledgerOf(ledger).filter((id) => !arrived.has(id))).toEqual([])
      expect(files(directory)).toEqual([])
    },
  )

  it('work side by side inside one process, too', async () => {
    const open = () => createPenstock({ writeKey: 'pk', host: gateway.url, spool: { directory: root } })
    const [first, second] = [open(), open()]
    for (let at = 0; at < 100; at++) {
      first.track({ userId: 'u', event: 'first' })
      second.track({ userId: 'u', event: 'second' })
    }
    expect(await first.shutdown()).toMatchObject({ delivered: 100, remaining: 0 })
    expect(await second.shutdown()).toMatchObject({ delivered: 100, remaining: 0 })
    expect([...gateway.copies().values()].every((copies) => copies === 1)).toBe(true)
    expect(files()).toEqual([])
  })
})

describe('a spool in trouble', () => {
  const warnings: string[] = []
  const open = (directory: string, more: object = {}) => {
    warnings.length = 0
    return createPenstock({
      writeKey: 'pk',
      host: gateway.url,
      flushIntervalMs: 20,
      logger: { warn: (message) => warnings.push(message) },
      spool: { directory, ...more },
    })
  }
  const fill = (penstock: ReturnType<typeof open>, count: number) => {
    for (let at = 0; at < count; at++)
      penstock.track({ userId: 'u', event: `e${at}`, properties: { text: 'x'.repeat(500) } })
  }
  const leave = async (count: number): Promise<string> => {
    await gateway.stop()
    const penstock = open(root)
    fill(penstock, count)
    expect(await penstock.shutdown({ timeoutMs: 50 })).toMatchObject({ remaining: count, kept: count })
    await gateway.start()
    const [name] = files().filter((file) => file.endsWith('.events'))
    return join(root, name as string)
  }
  const recover = async () => {
    const penstock = open(root)
    await penstock.flush()
    const stats = penstock.stats()
    await penstock.shutdown()
    return stats
  }

  it('sends what an earlier run left, and only what was not answered', async () => {
    gateway.script({}, { status: 503, headers: { 'retry-after': '30' } })
    const penstock = open(root)
    fill(penstock, 100)
    await penstock.flush()
    fill(penstock, 40)
    expect(await penstock.shutdown({ timeoutMs: 100 })).toMatchObject({
      delivered: 0,
      remaining: 40,
      kept: 40,
    })
    expect(penstock.stats()).toMatchObject({ tracked: 140, delivered: 100, queued: 40 })
    expect(await recover()).toMatchObject({ tracked: 40, restored: 40, delivered: 40 })
    expect([...gateway.copies().values()].every((copies) => copies === 1)).toBe(true)
    expect(gateway.copies().size).toBe(140)
  })

  it('lets callers go on while what was left is sent', { timeout: 60_000 }, async () => {
    const left = 24_000 // about four files
    await leave(left)
    gateway.otherwise({ delayMs: 20 })
    const penstock = open(root)
    for (let at = 0; at < 200; at++) {
      await penstock.ready()
      penstock.track({ userId: 'u', event: 'new' })
    }
    // Had each of them waited for a file to be sent, nothing would be left by now.
    expect(penstock.stats().delivered).toBeLessThan(left)
    gateway.otherwise({})
    await gateway.waitUntil(() => gateway.copies().size === left + 200, 40_000)
    await penstock.shutdown()
  })

  it('skips a torn tail, and counts it', async () => {
    const path = await leave(50)
    appendFileSync(path, Buffer.from([200, 1, 0, 0, 1, 2, 3, 4, 5]))
    expect(await recover()).toMatchObject({
      restored: 50,
      delivered: 50,
      spool: { tornBytes: 9, skippedRecords: 0 },
    })
    const again = await leave(50)
    truncateSync(again, readFileSync(again).length - 10)
    expect(await recover()).toMatchObject({ restored: 49, delivered: 49 })
  })

  it('skips a damaged record, and counts it', async () => {
    const path = await leave(50)
    const bytes = readFileSync(path)
    bytes[2_000] = (bytes[2_000] as number) ^ 1
    writeFileSync(path, bytes)
    expect(await recover()).toMatchObject({ restored: 49, delivered: 49, spool: { skippedRecords: 1 } })
  })

  it('lives through files that are none of its own', async () => {
    const path = await leave(10)
    writeFileSync(join(root, 'README'), 'hands off')
    writeFileSync(path.replace(/[^/]+$/, '00009999.events'), 'garbage')
    expect(await recover()).toMatchObject({ restored: 10, delivered: 10, spool: { tornBytes: 7 } })
    expect(readFileSync(join(root, 'README'), 'utf8')).toBe('hands off')
  })

  it('falls back to memory with one warning where it may not write', async () => {
    // A file where the folder should be: refused for root, too.
    writeFileSync(join(root, 'file'), '')
    const penstock = open(join(root, 'file', 'spool'))
    fill(penstock, 10)
    await penstock.ready()
    fill(penstock, 10)
    expect(penstock.stats().spool?.works).toBe(false)
    expect(await penstock.shutdown()).toMatchObject({ delivered: 20, remaining: 0, kept: 0 })
    expect(warnings).toHaveLength(1)
    if (process.getuid?.() !== 0) {
      mkdirSync(join(root, 'locked'))
      chmodSync(join(root, 'locked'), 0o500)
      const denied = open(join(root, 'locked'))
      fill(denied, 10)
      expect(await denied.shutdown()).toMatchObject({ delivered: 10 })
      expect(warnings).toHaveLength(1)
    }
  })

  it('falls back to memory with one warning on a full disk', async (context) => {
    const disk = mountSmallDisk(join(root, 'disk'), 4)
    if (disk === null) return context.skip('a small disk needs the right to mount')
    try {
      await gateway.stop()
      const penstock = open(join(disk.path, 'spool'))
      fill(penstock, 1_000)
      await penstock.ready()
      disk.leave(200_000)
      fill(penstock, 2_000)
      await penstock.ready()
      expect(penstock.stats()).toMatchObject({ tracked: 3_000, queued: 3_000, spool: { works: false } })
      expect(warnings.filter((warning) => warning.includes('ENOSPC'))).toHaveLength(1)
      await gateway.start()
      expect((await penstock.shutdown()).remaining).toBe(0)
      expect(gateway.copies().size).toBe(3_000)
    } finally {
      disk.unmount()
    }
  })

  it('counts as kept only what a disk took before it was full', async (context) => {
    const disk = mountSmallDisk(join(root, 'disk'), 4)
    if (disk === null) return context.skip('a small disk needs the right to mount')
    try {
      await gateway.stop()
      const directory = join(disk.path, 'spool')
      const penstock = open(directory)
      fill(penstock, 1_000)
      await penstock.ready()
      disk.leave(200_000)
      for (let part = 0; part < 40; part++) {
        fill(penstock, 50)
        await penstock.ready()
      }
      const { remaining, kept } = await penstock.shutdown({ timeoutMs: 50 })
      expect(remaining).toBe(3_000)
      expect(kept).toBeGreaterThan(1_000)
      expect(kept).toBeLessThan(3_000)
      disk.giveBack()
      await gateway.start()
      const next = open(directory)
      expect(await next.shutdown()).toMatchObject({ delivered: kept, remaining: 0 })
      expect(gateway.copies().size).toBe(kept)
    } finally {
      disk.unmount()
    }
  })

  it('refuses events past its bound as queue_full', async () => {
    await gateway.stop()
    const penstock = open(root, { maxBytes: 1_048_576 })
    fill(penstock, 5_000)
    const { queued, dropped, spool } = penstock.stats()
    expect(dropped.queue_full).toBe(5_000 - queued)
    expect(queued).toBeGreaterThan(1_000)
    expect(spool?.bytes).toBeLessThanOrEqual(1_048_576)
    await penstock.shutdown({ timeoutMs: 0 })
  })
})

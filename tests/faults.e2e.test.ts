// What goes wrong around the program: no room, no right to write, no port, no second process, an end that was ordered. Each
// time a clear message or a refusal that says when to come back, and nothing accepted is lost. The stepped clock is tested
// where the clock can be injected: in the event log's contract suite.
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  CLEAN,
  builtProgram,
  createCrashStory,
  freePort,
  launch,
  mountSmallDisk,
  type CrashStory,
  type Program,
  type SendOutcome,
} from '@penstock/test-kit'

const args = [builtProgram(), 'dev']
const FULL = process.env['TEST_FULL'] === '1'
const MIB = 1_048_576

let directory: string
const cleanUps: (() => unknown)[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'penstock-faults-'))
})
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  await rm(directory, { recursive: true, force: true })
})

async function tell(dataDirectory?: string): Promise<CrashStory> {
  const story = await createCrashStory({
    args,
    directory,
    seed: 5,
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
  })
  cleanUps.push(() => story.close())
  return story
}

/** Starts what should not come up; resolves with how it ended and what it said. */
async function failedStart(env: Record<string, string>, uid?: number) {
  const url = `http://127.0.0.1:${env['PENSTOCK_PORT']}`
  const program = launch({ args, env, url, ...(uid === undefined ? {} : { uid }) })
  cleanUps.push(() => program.kill('SIGKILL'))
  return { exit: await program.exited, output: program.output() }
}

/** Asks until `done`, a bounded number of times. */
async function until<Value>(
  ask: () => Promise<Value>,
  done: (value: Value) => boolean,
  what: string,
): Promise<Value> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const value = await ask()
    if (done(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`never happened: ${what}`)
}

describe('a full disk', () => {
  const fillUp = async (story: CrashStory, program: Program): Promise<number> => {
    let accepted = 0
    for (let sends = 0; sends < 400; sends++) {
      const outcome = await story.send(story.newEvents(400))
      if (outcome === 'later') return accepted
      expect(outcome, `exit ${JSON.stringify(program.exit())}: ${program.output()}`).toBe('accepted')
      accepted++
    }
    throw new Error('the disk never became full')
  }

  const onSmallDisk = async (
    skip: (why: string) => never,
  ): Promise<{ story: CrashStory; program: Program; fill: () => Promise<void>; empty: () => void }> => {
    const disk = mountSmallDisk(join(directory, 'disk'), 512)
    if (disk === null) return skip('a small disk needs the right to mount')
    cleanUps.push(() => disk.unmount())
    const story = await tell(join(disk.path, 'data'))
    const program = await story.start()
    await story.send(story.newEvents(50))
    await story.counted()
    return {
      story,
      program,
      async fill() {
        // Below what LMDB needs for any transaction: from here on nothing is begun.
        disk.leave(48 * MIB)
        await fillUp(story, program)
        // Not a byte more: small bodies must be refused, too.
        disk.leave(0)
      },
      empty: () => disk.giveBack(),
    }
  }

  it(
    'is answered with 503 and Retry-After, fails readiness, and heals by itself',
    { timeout: 240_000 },
    async (context) => {
      const { story, program, fill, empty } = await onSmallDisk((why) => context.skip(why))
      for (let round = 0; round < (FULL ? 10 : 3); round++) {
        await fill()
        const outcomes = new Set<SendOutcome>()
        for (let sends = 0; sends < 5; sends++) outcomes.add(await story.send(story.newEvents(400)))
        expect([...outcomes], program.output()).toEqual(['later'])
        await until(
          () => story.api.get('/health/ready'),
          ({ status }) => status === 503,
          'readiness fails',
        )
        expect((await story.api.get('/health/live')).status).toBe(200)
        empty()
        await until(
          () => story.send(story.newEvents(10)),
          (outcome) => outcome === 'accepted',
          'accepted again',
        )
        await until(
          () => story.api.get('/health/ready'),
          ({ status }) => status === 200,
          'ready again',
        )
        await story.counted()
      }
      expect(await story.judge()).toMatchObject(CLEAN)
      expect(story.surprises()).toEqual([])
    },
  )

  it('and a kill -9 in it lose nothing that was accepted', { timeout: 240_000 }, async (context) => {
    const { story, fill, empty } = await onSmallDisk((why) => context.skip(why))
    await fill()
    await story.kill()
    empty()
    await story.start()
    await story.send(story.newEvents(10))
    expect(await story.judge()).toMatchObject(CLEAN)
    expect(story.surprises()).toEqual([])
  })
})

describe('a start that cannot succeed says why and ends with a code', () => {
  it('when the data directory cannot be written', async () => {
    const data = join(directory, 'data')
    await mkdir(data)
    await chmod(directory, 0o755)
    await chmod(data, 0o555)
    const env = { PENSTOCK_DATA_DIR: data, PENSTOCK_PORT: String(await freePort()) }
    // Root may write everywhere: run as somebody else then.
    const { exit, output } = await failedStart(env, process.getuid?.() === 0 ? 65_534 : undefined)
    expect(exit).toEqual({ code: 69, signal: null })
    expect(output).toContain(data)
    expect(output).not.toMatch(/\n\s+at .+:\d+:\d+/)
  })

  it('when the port is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanUps.push(() => server.close())
    const { port } = server.address() as AddressInfo
    const { exit, output } = await failedStart({
      PENSTOCK_DATA_DIR: join(directory, 'data'),
      PENSTOCK_PORT: String(port),
    })
    expect(exit).toEqual({ code: 69, signal: null })
    expect(output).toContain(String(port))
    expect(output).not.toMatch(/\n\s+at .+:\d+:\d+/)
  })

  it('when another process holds the directory, which goes on undisturbed', async () => {
    const story = await tell()
    const program = await story.start()
    const { exit, output } = await failedStart({
      PENSTOCK_DATA_DIR: story.dataDirectory,
      PENSTOCK_PORT: String(await freePort()),
    })
    expect(exit).toEqual({ code: 69, signal: null })
    expect(output).toContain(String(program.pid))
    expect(await story.send(story.newEvents(100))).toBe('accepted')
    expect(await story.judge()).toMatchObject(CLEAN)
  })

  it('and a holder killed with -9 holds it no longer', async () => {
    const story = await tell()
    await story.start()
    await story.send(story.newEvents(100))
    await story.kill()
    await story.start()
    expect(await story.judge()).toMatchObject({ ...CLEAN, ok: 100 })
  })
})

describe('an ordered end under load', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: ends with 0 within 10 s, and every 202 is there',
    async (signal) => {
      const story = await tell()
      await story.start()
      let accepted = 0
      let going = true
      const write = async () => {
        while (going) {
          const outcome = await story.send(story.newEvents(200), { gzip: accepted % 2 === 0 })
          if (outcome === 'accepted') accepted++
          else if (outcome === 'cut') return
        }
      }
      const writers = Array.from({ length: 6 }, write)
      await until(
        () => Promise.resolve(accepted),
        (count) => count >= 60,
        'sixty bodies accepted',
      )
      const exit = await story.stop(signal, 10_000)
      going = false
      await Promise.all(writers)
      expect(exit).toEqual({ code: 0, signal: null })
      await story.start()
      const verdict = await story.judge()
      expect(verdict).toMatchObject(CLEAN)
      expect(verdict.ok).toBeGreaterThanOrEqual(60 * 200)
      expect(story.surprises()).toEqual([])
    },
  )
})

describe.runIf(FULL)('a backlog', () => {
  it(
    'of a million events: answers at once after a restart, and memory does not grow',
    { timeout: 900_000 },
    async () => {
      const story = await tell()
      await story.start({ PENSTOCK_TEST: '1', PENSTOCK_TEST_WORKER: 'off' })
      while ((await story.account()).entries < 1_000_000) {
        const sends = Array.from({ length: 100 }, () => story.send(story.newEvents(500), { gzip: true }))
        expect(new Set(await Promise.all(sends))).toEqual(new Set(['accepted']))
      }
      await story.kill()
      const program = await story.start()
      expect(await program.ready).toBeLessThan(5000)
      expect((await story.api.get('/v1/analytics/top-events')).status).toBe(200)
      let peakRss = 0
      const watch = setInterval(() => (peakRss = Math.max(peakRss, program.rssBytes())), 200)
      cleanUps.push(() => clearInterval(watch))
      await story.counted(600_000)
      process.stderr.write(`backlog of 1 M events: peak RSS ${Math.round(peakRss / MIB)} MiB\n`)
      expect(peakRss).toBeLessThan(1200 * MIB)
      expect(await story.judge()).toMatchObject(CLEAN)
    },
  )
})

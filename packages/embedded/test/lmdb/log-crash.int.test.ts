// kill -9 of the process that appends: everything acknowledged is there, and no sequence is ever given twice.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createLmdbEventLog } from '@penstock/embedded'
import { afterEach, beforeEach, expect, it } from 'vitest'

const CHILD = fileURLToPath(new URL('./appending-child.ts', import.meta.url))
const RUNS = 4

interface Acknowledged {
  seq: number
  logTime: number
  text: string
}

let path: string
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'penstock-crash-'))
})
afterEach(() => rm(path, { recursive: true, force: true }))

/** Lets a child append until it has acknowledged `count` messages, then kills it. */
async function appendAndKill(run: number, count: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, path, String(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const acknowledged: Acknowledged[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const [seq, logTime, text] = line.split(' ')
    // A line cut off by the kill is no acknowledgement.
    if (text !== undefined && /^\d+\/\d+$/.test(text))
      acknowledged.push({ seq: Number(seq), logTime: Number(logTime), text })
    if (acknowledged.length === count) child.kill('SIGKILL')
  }
  return acknowledged
}

it('keeps every acknowledged message and reuses no sequence when the process is killed', async () => {
  const used = new Map<number, string>()
  let lastTime = 0
  for (let run = 0; run < RUNS; run++) {
    const acknowledged = await appendAndKill(run, 130 + run * 37)
    expect(acknowledged.length).toBeGreaterThanOrEqual(130)
    const log = await createLmdbEventLog({ path, capBytes: 2 ** 30 })
    const messages = await log.read(0, 0, { maxBytes: 2 ** 30, maxMessages: 100_000 })
    const oldest = (messages[0] as { seq: number }).seq
    const found = new Map(
      messages.map(({ seq, logTime, chunk }) => [seq, { logTime, text: Buffer.from(chunk).toString() }]),
    )

    for (const { seq, logTime, text } of acknowledged) {
      expect(used.get(seq)).toBeUndefined()
      if (seq < oldest) continue
      expect(found.get(seq)?.text.startsWith(`${text}/`)).toBe(true)
      expect(found.get(seq)?.logTime).toBe(logTime)
    }
    // Unacknowledged ones that landed have used their sequence, too.
    for (const [seq, { text }] of found) {
      const name = text.split('/', 2).join('/')
      expect(used.get(seq) ?? name).toBe(name)
      used.set(seq, name)
    }
    for (const { seq, text } of acknowledged) used.set(seq, text)
    const times = messages.map(({ logTime }) => logTime)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(times[0]).toBeGreaterThanOrEqual(run === 0 ? 0 : Math.min(lastTime, times[0] as number))
    lastTime = times.at(-1) as number

    // And all gone: the next run must still go on behind it.
    if (run === 1) await log.purge(0, messages.at(-1)?.seq as number)
    await log.close()
  }
})

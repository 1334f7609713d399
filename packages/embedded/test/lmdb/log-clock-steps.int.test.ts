// The wall clock is stepped by an hour, both ways, while the log runs and between two runs.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLmdbEventLog } from '@penstock/embedded'
import { isPipelineError } from '@penstock/pipeline'
import { afterEach, beforeEach, expect, it } from 'vitest'

const HOUR = 3_600_000
const NOON = 1_795_348_800_000

let path: string
let now: number
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'penstock-clock-'))
  now = NOON
})
afterEach(() => rm(path, { recursive: true, force: true }))

const openLog = () => createLmdbEventLog({ path, capBytes: 2 ** 30, clock: () => now })

it('keeps times that never fall, over steps, purges and restarts', async () => {
  const times: number[] = []
  for (const step of [0, -HOUR, HOUR, HOUR, -HOUR, -HOUR, 0]) {
    now += step
    const log = await openLog()
    for (let n = 0; n < 3; n++) times.push((await log.append(0, Buffer.of(n))).logTime)
    const end = await log.end(0)
    expect(end.observedAt).toBeGreaterThanOrEqual(times.at(-1) as number)
    // Without any message the time must come from the head alone.
    await log.purge(0, end.lastSeq)
    now -= HOUR
    times.push((await log.append(0, Buffer.of(9))).logTime)
    now += HOUR
    await log.close()
  }
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(times[0]).toBe(NOON)
  expect(times.at(-1)).toBe(NOON + HOUR)
})

it('gives no message a time before an observation of its end', async () => {
  const log = await openLog()
  const { observedAt } = await log.end(0)
  expect(observedAt).toBe(NOON)
  now -= HOUR
  expect((await log.append(0, Buffer.of(1))).logTime).toBeGreaterThanOrEqual(observedAt)
  await log.close()
})

it('keeps its number of partitions and says so', async () => {
  await (await openLog()).close()
  const error: unknown = await createLmdbEventLog({ path, capBytes: 2 ** 30, partitions: 4 as 1 }).catch(
    (reason: unknown) => reason,
  )
  expect(isPipelineError(error) && error.kind).toBe('rejected')
  expect(String(error)).toContain('1 partition')
})

// A full disk, for real: a tmpfs of a few MiB. What was acknowledged stays, what was refused is nowhere, and work goes on by
// itself once there is room. Needs the right to mount; without it the file says so and runs nothing, or fails with CI=true.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLmdbEventLog, openLmdbState } from '@penstock/embedded'
import type { Appended, EventLog } from '@penstock/pipeline'
import { mountSmallDisk, type SmallDisk } from '@penstock/test-kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { acceptedBatch } from './accepted-batch.ts'

const FULL = { name: 'PipelineError', kind: 'full' }
const EVERYTHING = { maxBytes: 2 ** 30, maxMessages: 100_000 }

const probe = mkdtempSync(join(tmpdir(), 'penstock-mount-'))
const probed = mountSmallDisk(probe, 1)
probed?.unmount()
rmSync(probe, { recursive: true, force: true })
if (probed === null) console.warn('disk-full tests are skipped: a small disk needs the right to mount')

describe.skipIf(probed === null)('given a disk of 12 MiB', () => {
  let path: string
  let disk: SmallDisk
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'penstock-full-'))
    disk = mountSmallDisk(path, 40) as SmallDisk
    disk.leave(12 * 2 ** 20)
  })
  afterEach(() => {
    disk.unmount()
    rmSync(path, { recursive: true, force: true })
  })
  const enlarge = () => disk.giveBack()

  async function fill(log: EventLog): Promise<{ stored: Appended[]; refusals: unknown[] }> {
    const stored: Appended[] = []
    const refusals: unknown[] = []
    for (let n = 0; refusals.length < 5; n++) {
      await log.append(0, Buffer.alloc(100_000, n)).then(
        (appended) => stored.push(appended),
        (error: unknown) => refusals.push(error),
      )
    }
    return { stored, refusals }
  }
  const seqs = async (log: EventLog) => (await log.read(0, 0, EVERYTHING)).map(({ seq }) => seq)

  it('refuses appends with `full`, keeps what it acknowledged, and goes on after a purge', async () => {
    const log = await createLmdbEventLog({
      path: join(path, 'log'),
      capBytes: 2 ** 30,
      reserveBytes: 2 * 2 ** 20,
    })
    const { stored, refusals } = await fill(log)
    for (const refusal of refusals) expect(refusal).toMatchObject(FULL)
    expect(await seqs(log)).toEqual(stored.map(({ seq }) => seq))

    await log.purge(0, (stored[60] as Appended).seq)
    const next = await log.append(0, Buffer.alloc(100_000, 1))
    expect(next.seq).toBe((stored.at(-1) as Appended).seq + 1)
    await log.close()
  })

  it('goes on appending when somebody makes room, and has everything after a restart', async () => {
    let log = await createLmdbEventLog({
      path: join(path, 'log'),
      capBytes: 2 ** 30,
      reserveBytes: 2 * 2 ** 20,
    })
    const { stored } = await fill(log)
    enlarge()
    stored.push(await log.append(0, Buffer.alloc(100_000, 7)))
    await log.close()
    log = await createLmdbEventLog({ path: join(path, 'log'), capBytes: 2 ** 30, reserveBytes: 2 * 2 ** 20 })
    expect(await seqs(log)).toEqual(stored.map(({ seq }) => seq))
    await log.close()
  })

  it('undoes a commit of the state that does not fit, whole, and takes the same one when there is room', async () => {
    const opened = await openLmdbState({ path: join(path, 'state'), reserveBytes: 8 * 2 ** 20 })
    const { state, projects } = opened
    const row = await state.acquire(0)
    let through = 0
    let failure: unknown
    while (failure === undefined) {
      await state.commitHot(acceptedBatch(row, through + 1)).then(
        () => through++,
        (error: unknown) => (failure = error),
      )
    }
    expect(failure).toMatchObject(FULL)
    const refused = acceptedBatch(row, through + 1)
    expect((await state.read(0))?.hotThrough).toBe(through)
    expect((await state.lookup(refused.accepted)).every((entry) => entry === null)).toBe(true)
    expect((await state.lookup(acceptedBatch(row, through).accepted)).every((entry) => entry !== null)).toBe(
      true,
    )
    const big = { id: 'big', name: 'x'.repeat(2 ** 20), retentionDays: 60, createdAt: 1 }
    await expect(projects.createProject(big)).rejects.toMatchObject(FULL)
    expect(await projects.projects()).toEqual([])

    enlarge()
    await state.commitHot(refused)
    expect((await state.read(0))?.hotThrough).toBe(through + 1)
    expect(await projects.createProject(big)).toBe(true)
    await opened.close()
  })
})

// One process per data directory, and only a format that this release knows. The lock is a file naming its owner by pid and
// by the owner's start time, so that a lock left behind by kill -9 is recognised at once, also when the pid was given to
// another process since. What it cannot see: a process on another machine, or in another container with its own pids, that
// has the same directory mounted.
import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '@penstock/pipeline'
import { processStart } from './process-start.ts'

const LOCK_FILE = 'lock'
const FORMAT_FILE = 'format.json'
const FORMAT = 1
const ATTEMPTS = 5

export interface DataDirectoryLock {
  /** Gives the directory free. Idempotent. */
  release(): Promise<void>
}

interface Owner {
  pid: number
  start: string
  token: string
}

/**
 * Creates the directory when it is missing, takes its lock and checks its format.
 * @throws PipelineError `rejected` (is a file, other format), `unavailable` (in use, not writable), `full`; the message says
 * what to do.
 */
export async function lockDataDirectory(path: string): Promise<DataDirectoryLock> {
  await makeDirectory(path)
  const owner: Owner = { pid: process.pid, start: await processStart(process.pid), token: randomUUID() }
  await takeLock(path, owner)
  const release = async (): Promise<void> => {
    const found = await readOwner(join(path, LOCK_FILE))
    if (found?.token === owner.token) await rm(join(path, LOCK_FILE), { force: true })
  }
  try {
    await checkFormat(path)
  } catch (error) {
    await release()
    throw error
  }
  return { release }
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
    if (!(await stat(path)).isDirectory()) throw notADirectory(path)
  } catch (error) {
    if (isCode(error, 'EEXIST', 'ENOTDIR')) throw notADirectory(path, error)
    throw directoryError(path, error)
  }
}

async function takeLock(path: string, owner: Owner): Promise<void> {
  const file = join(path, LOCK_FILE)
  const mine = join(path, `${LOCK_FILE}.${owner.token}`)
  try {
    await writeFile(mine, JSON.stringify(owner), { flag: 'wx' })
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await linked(mine, file)) {
        // Somebody who found the same stale lock may have moved ours away instead of it.
        if ((await readOwner(file))?.token === owner.token) return
        continue
      }
      const found = await readOwner(file)
      if (found !== null && (await isAlive(found))) throw inUse(path, found.pid)
      await moveAway(file, found)
    }
    throw new PipelineError('unavailable', 'state', `several processes are starting on ${path}; start one`)
  } catch (error) {
    throw directoryError(path, error)
  } finally {
    await rm(mine, { force: true }).catch(() => undefined)
  }
}

/** Removes the stale lock, unless another process replaced it in the meantime: then it is put back. */
async function moveAway(file: string, stale: Owner | null): Promise<void> {
  const aside = `${file}.${randomUUID()}`
  try {
    await rename(file, aside)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return
    throw error
  }
  const moved = await readOwner(aside)
  if (moved !== null && moved.token !== stale?.token) await linked(aside, file)
  await rm(aside, { force: true })
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

/** Null when there is no lock, or none that can be read (a torn write of a process that died). */
async function readOwner(file: string): Promise<Owner | null> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as Partial<Owner> | null
    if (typeof value?.pid !== 'number' || typeof value.start !== 'string') return null
    return { pid: value.pid, start: value.start, token: value.token ?? '' }
  } catch (error) {
    if (error instanceof SyntaxError || isCode(error, 'ENOENT')) return null
    throw error
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    if (!isCode(error, 'EPERM')) return false
  }
  return (await processStart(owner.pid)) === owner.start
}

async function checkFormat(path: string): Promise<void> {
  const file = join(path, FORMAT_FILE)
  try {
    const format = (JSON.parse(await readFile(file, 'utf8')) as { format?: unknown } | null)?.format
    if (format === FORMAT) return
    throw new PipelineError(
      'rejected',
      'state',
      `${path} has data format ${String(format)}, this release reads ${FORMAT}; use the release that wrote it, or another directory`,
    )
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new PipelineError('corrupt', 'state', `${file} is damaged; it should read {"format":${FORMAT}}`, {
        cause: error,
      })
    }
    if (!isCode(error, 'ENOENT')) throw directoryError(path, error)
  }
  try {
    const handle = await open(`${file}.new`, 'w')
    await handle.writeFile(JSON.stringify({ format: FORMAT }))
    await handle.sync()
    await handle.close()
    await rename(`${file}.new`, file)
  } catch (error) {
    throw directoryError(path, error)
  }
}

const inUse = (path: string, pid: number) =>
  new PipelineError(
    'unavailable',
    'state',
    `${path} is in use by process ${pid}; stop it first, or choose another directory`,
  )

const notADirectory = (path: string, cause?: unknown) =>
  new PipelineError('rejected', 'state', `${path} is not a directory; choose another data directory`, {
    cause,
  })

function directoryError(path: string, error: unknown): PipelineError {
  if (error instanceof PipelineError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new PipelineError('full', 'state', `no room is left on the disk of ${path}`, {
      cause: error,
      driverCode: code,
    })
  }
  return new PipelineError(
    'unavailable',
    'state',
    `${path} cannot be written (${code}); check its owner and its mount`,
    {
      cause: error,
      driverCode: code,
    },
  )
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

// One process per data directory, and only a format that this release knows.
// The lock: every process puts a file of its own into the directory, naming itself by pid and start time, and *then* looks for
// files of others that live. Of two, the one that looks later sees the other, so there are never two owners; nobody ever
// removes the file of a living process. What kill -9 leaves behind is recognised at once, also when the pid was given to
// another process since. What it cannot see: another machine, or a container with pids of its own, on the same directory.
import { randomInt, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '@penstock/pipeline'
import { findOwners, LOCK_PREFIX, type Owner } from './directory-owner.ts'
import { processStart } from './process-start.ts'

const UNFINISHED = 'unfinished-'
const FORMAT_FILE = 'format.json'
const FORMAT = 1
const ATTEMPTS = 6
const MAX_PAUSE_MS = 60

export interface DataDirectoryLock {
  /** Gives the directory free. Idempotent. */
  release(): Promise<void>
}

/**
 * Creates the directory when it is missing, takes its lock and checks its format.
 * @throws PipelineError `rejected` (is a file, other format), `unavailable` (in use, not writable), `full`; the message says
 * what to do.
 */
export async function lockDataDirectory(path: string): Promise<DataDirectoryLock> {
  await makeDirectory(path)
  const owner: Owner = { pid: process.pid, start: await processStart(process.pid), token: randomUUID() }
  const lock = await takeLock(path, owner)
  const release = () => rm(lock, { force: true })
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

async function takeLock(path: string, owner: Owner): Promise<string> {
  try {
    for (let attempt = 1; ; attempt++) {
      const mine = await announce(path, owner)
      const other = await otherOwner(path, mine)
      if (other === null) return mine
      await rm(mine, { force: true })
      // The other may be starting, too, and withdraw as we do: then one of us is earlier next time.
      if (attempt === ATTEMPTS) throw inUse(path, other)
      await new Promise((resolve) => setTimeout(resolve, randomInt(MAX_PAUSE_MS)))
    }
  } catch (error) {
    throw directoryError(path, error)
  }
}

/** The file appears with its whole content, or not at all. */
async function announce(path: string, owner: Owner): Promise<string> {
  const unfinished = join(path, `${UNFINISHED}${owner.token}`)
  const mine = join(path, `${LOCK_PREFIX}${owner.token}`)
  await writeFile(unfinished, JSON.stringify(owner))
  await rename(unfinished, mine)
  return mine
}

/** A live owner of the directory beside us, or null. Removes what dead ones left behind. */
async function otherOwner(path: string, mine: string): Promise<number | null> {
  for (const { file, pid, alive } of await findOwners(path)) {
    if (file === mine) continue
    if (alive) return pid
    await rm(file, { force: true })
  }
  return null
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

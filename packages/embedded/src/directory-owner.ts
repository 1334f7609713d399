// Who has a data directory, by the lock files in it; data-directory.ts says how they come to be there. Only looks: the doctor asks
// it, too, and that must work where neither LMDB nor the engine can be loaded.
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { processStart } from './process-start.ts'

export const LOCK_PREFIX = 'lock-'

/** What a lock file holds. */
export interface Owner {
  pid: number
  /** Tells two processes apart that had the same pid. */
  start: string
  token: string
}

export interface FoundOwner {
  file: string
  /** 0 when the file cannot be read: a lock appears whole, so that is what a power cut left of one. */
  pid: number
  alive: boolean
}

/** One entry per lock file. Rejects as the file system does, also when the directory is not there. */
export async function findOwners(path: string): Promise<FoundOwner[]> {
  const found: FoundOwner[] = []
  for (const name of await readdir(path)) {
    if (!name.startsWith(LOCK_PREFIX)) continue
    const file = join(path, name)
    const owner = await readOwner(file)
    found.push({ file, pid: owner?.pid ?? 0, alive: owner !== null && (await isAlive(owner)) })
  }
  return found
}

async function readOwner(file: string): Promise<Owner | null> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as Partial<Owner> | null
    if (typeof value?.pid !== 'number' || typeof value.start !== 'string') return null
    return { pid: value.pid, start: value.start, token: value.token ?? '' }
  } catch (error) {
    // Withdrawn since the directory was listed.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return (await processStart(owner.pid)) === owner.start
}

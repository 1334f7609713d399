// Programs that tests fetch are kept outside the repository and node_modules, one folder each, whole or not there.
// Several processes may ask at once: one fetches, the others wait for it. A fetch that failed is repeated a few times.
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ServerMissing } from './server-missing.ts'

const ATTEMPTS = 3
const LOCK_POLL_MS = 250
/** A lock that old was left by a process that was killed: no fetch takes so long. */
const STALE_LOCK_MS = 600_000

/** Where fetched programs are kept. */
export function cacheRoot(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(base, 'penstock-test-servers')
}

/**
 * The folder `name` of the cache, filled by `fill` when it is not there yet.
 * @param fill - puts the content into the empty folder it is given; repeated when it fails, unless it throws ServerMissing
 * @throws ServerMissing when it could not be fetched
 */
export async function cachedFolder(
  name: string,
  fill: (folder: string) => Promise<void>,
  root = cacheRoot(),
): Promise<string> {
  const folder = join(root, name)
  mkdirSync(root, { recursive: true })
  while (!existsSync(folder)) {
    // Two that break a stale lock at once both fetch, each into its own folder: dear, not wrong.
    if (takeLock(`${folder}.lock`)) {
      try {
        await fetchInto(folder, root, fill)
      } finally {
        rmSync(`${folder}.lock`, { force: true })
      }
    } else await sleep(LOCK_POLL_MS)
  }
  return folder
}

function takeLock(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx'))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
  if (age > STALE_LOCK_MS) rmSync(path, { force: true })
  return false
}

async function fetchInto(folder: string, root: string, fill: (folder: string) => Promise<void>) {
  for (let attempt = 1; ; attempt++) {
    const fresh = mkdtempSync(join(root, 'fetching-'))
    try {
      await fill(fresh)
      if (!existsSync(folder)) renameSync(fresh, folder)
      return
    } catch (error) {
      if (error instanceof ServerMissing) throw error
      if (attempt === ATTEMPTS) {
        throw new ServerMissing(`${basename(folder)} could not be fetched`, { cause: error })
      }
      await sleep(attempt * 2000)
    } finally {
      rmSync(fresh, { recursive: true, force: true })
    }
  }
}

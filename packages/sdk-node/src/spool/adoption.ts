// Finds the folders of processes that are gone and makes them ours. A folder changes hands by one rename, so of several
// processes that find it exactly one gets it; a process that dies right after has it in its name, to be found by the next.
import { readdirSync, renameSync, rmSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { LOCK_SUFFIX, isAlive } from './owner.ts'
import { isSegmentName } from './segment.ts'

/** `<owner>.<number>` */
const FOLDER = /^(\d+-[0-9a-f]{12})\.(\d+)$/

export interface Adoption {
  /** Folders that became ours, with the paths of their segments in order. Throws what the file system throws. */
  adopt(): { folder: string; segments: string[] }[]
}

export function createAdoption(root: string, owner: string): Adoption {
  let adopted = 0
  return {
    adopt() {
      const names = readdirSync(root).sort()
      const gone = new Map<string, boolean>()
      const isGone = (other: string): boolean => {
        if (other === owner) return false
        const known = gone.get(other)
        if (known !== undefined) return known
        gone.set(other, !isAlive(root, other))
        return gone.get(other) as boolean
      }
      const found: { folder: string; segments: string[] }[] = []
      for (const name of names) {
        const other = FOLDER.exec(name)?.[1]
        if (other === undefined || !isGone(other)) continue
        const folder = join(root, `${owner}.${adopted + 1}`)
        try {
          renameSync(join(root, name), folder)
        } catch {
          continue // another process was quicker
        }
        adopted += 1
        found.push({ folder, segments: segmentsOf(folder) })
      }
      // Locks of the gone: their folders are ours or somebody else's now.
      for (const name of names) {
        if (name.endsWith(LOCK_SUFFIX) && isGone(name.slice(0, -LOCK_SUFFIX.length))) {
          rmSync(join(root, name), { force: true })
        }
      }
      return found
    },
  }
}

const segmentsOf = (folder: string): string[] =>
  readdirSync(folder)
    .filter(isSegmentName)
    .sort()
    .map((name) => join(folder, name))

/** Removes a folder when nothing is in it any more. Never throws. */
export function removeEmptyFolder(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Not empty, or not ours.
  }
}

// Remembers beside the file how far an import came, so that an interrupted one goes on there. Only a convenience: sending
// everything again is as right, only slower. It counts for the same file, target and mapping only.
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { RefusedLine } from './encode-row.ts'

const KEPT_REFUSALS = 1000

export interface Progress {
  /** Rows of the file that are settled, from the first on. */
  rows: number
  accepted: number
  refusedCount: number
  /** The first ones. */
  refused: RefusedLine[]
}

export const noProgress = (): Progress => ({ rows: 0, accepted: 0, refusedCount: 0, refused: [] })

/** Adds what one batch brought. */
export function addRefused(progress: Progress, refused: readonly RefusedLine[]): void {
  progress.refusedCount += refused.length
  progress.refused.push(...refused.slice(0, Math.max(0, KEPT_REFUSALS - progress.refused.length)))
}

export interface Checkpoint {
  load(): Progress | null
  /** Silent when it cannot be written (a read-only directory): the import goes on without. */
  save(progress: Progress): void
  remove(): void
}

/** `meaning` is everything that, changed, makes the old progress worthless. */
export function openCheckpoint(file: string, meaning: unknown): Checkpoint {
  const path = `${file}.penstock-import.json`
  const { size, mtimeMs } = statSync(file)
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([1, size, mtimeMs, meaning]))
    .digest('hex')
  return {
    load() {
      try {
        const stored = JSON.parse(readFileSync(path, 'utf8')) as { fingerprint?: string; progress?: Progress }
        return stored.fingerprint === fingerprint ? (stored.progress ?? null) : null
      } catch {
        return null // none there, or cut off by a crash: begin at the first line
      }
    },
    save(progress) {
      try {
        writeFileSync(`${path}.new`, JSON.stringify({ fingerprint, progress }))
        renameSync(`${path}.new`, path)
      } catch {
        return
      }
    },
    remove() {
      rmSync(path, { force: true })
    },
  }
}

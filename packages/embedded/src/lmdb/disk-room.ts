// Whether a transaction may begin, by the room on the disk. LMDB must never meet the end of the disk: where a write fails for want
// of room, lmdb 3.5.6 damages its own memory, and some moments later the process dies ("corrupted size vs. prev_size").
// So each transaction is refused with `full` while less is free than any transaction takes, with a good deal to spare for what others
// write at the same time. What LMDB reports itself is still mapped (map-error.ts), for a disk that fills up faster than that.
import { statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PipelineError, type StoreName } from '@penstock/pipeline'

const MIB = 2 ** 20
/** The log refuses first, so that the worker can still work off what was accepted. */
export const LOG_RESERVE_BYTES = 128 * MIB
export const STATE_RESERVE_BYTES = 64 * MIB

/** Room on the disk of `path` for us, bytes; 0 when it cannot be told. */
export function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  } catch {
    return 0
  }
}

/**
 * @throws PipelineError `full` when less than `reserveBytes` is free.
 */
export function assertDiskRoom(store: StoreName, path: string, reserveBytes: number): void {
  if (freeBytes(path) < reserveBytes) throw fullDisk(store)
}

/**
 * For the log, whose file never shrinks: below the reserve it goes on within its own file, when what was purged there leaves
 * twice the room that is needed. The disk must have the room all the same, should LMDB not find the freed pages side by side.
 * @throws PipelineError `full`
 */
export function assertLogRoom(
  path: string,
  reserveBytes: number,
  { neededBytes, usedBytes }: { neededBytes: number; usedBytes: number },
): void {
  const free = freeBytes(path)
  if (free >= Math.max(reserveBytes, neededBytes)) return
  const reusable = statSync(join(path, 'data.mdb')).size - usedBytes
  if (free < neededBytes || reusable < 2 * neededBytes) throw fullDisk('log')
}

const fullDisk = (store: StoreName): PipelineError =>
  new PipelineError(
    'full',
    store,
    `the disk of the ${store} is full; it goes on by itself when there is room`,
  )

// Translates LMDB's errors into ours, in one place. LMDB reports system errors with the errno as `code` and its own with
// negative numbers (lmdb.h, "Return Codes").
import { PipelineError, isPipelineError, type PipelineErrorKind, type StoreName } from '@penstock/pipeline'
import { freeBytes } from './disk-room.ts'

const MDB_CORRUPTED = -30796
const MDB_PAGE_NOTFOUND = -30797
const MDB_VERSION_MISMATCH = -30794
const MDB_INVALID = -30793
const MDB_MAP_FULL = -30792
const ENOSPC = 28
const EDQUOT = 122
const EFBIG = 27
const EIO = 5
// LMDB calls a write that was cut short an I/O error; on a disk with less room than a transaction takes it means "full".
const SCARCE_BYTES = 32 * 2 ** 20

const KINDS = new Map<number, PipelineErrorKind>([
  [MDB_CORRUPTED, 'corrupt'],
  [MDB_PAGE_NOTFOUND, 'corrupt'],
  [MDB_VERSION_MISMATCH, 'corrupt'],
  [MDB_INVALID, 'corrupt'],
  [MDB_MAP_FULL, 'full'],
  [ENOSPC, 'full'],
  [EDQUOT, 'full'],
  [EFBIG, 'full'],
])

const SENTENCES: Partial<Record<PipelineErrorKind, string>> = {
  full: 'no room is left for it on the disk',
  corrupt: 'its file is damaged; restore it from a backup or start with an empty directory',
}

/** A failed commit of lmdb-js carries the reason as a promise that rejects; this waits for it. */
export async function commitFailure(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error
  try {
    await error.commitError
    return error
  } catch (reason) {
    return reason
  }
}

/**
 * The PipelineError of what LMDB threw for an environment at `path`. Our own errors pass. `full` means that nothing was stored;
 * unknown codes become `unavailable`.
 */
export function mapLmdbError(error: unknown, store: StoreName, path: string): PipelineError {
  if (isPipelineError(error)) return error
  const code = lmdbCode(error)
  const kind = kindOf(code, path)
  const text = error instanceof Error ? error.message : 'unknown failure'
  return new PipelineError(kind, store, `the ${store} store cannot be used: ${SENTENCES[kind] ?? text}`, {
    cause: error,
    ...(code === undefined ? {} : { driverCode: String(code) }),
  })
}

function kindOf(code: number | undefined, path: string): PipelineErrorKind {
  if (code === undefined) return 'unavailable'
  if (code === EIO && freeBytes(path) < SCARCE_BYTES) return 'full'
  return KINDS.get(code) ?? 'unavailable'
}

function lmdbCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'number' ? error.code : undefined
}

// Looks at an environment's file before LMDB maps it, because LMDB ends the process where it trusts a damaged header or reads
// behind the end of a file that was cut off.
// Layout (mdb.c, MDB_page and MDB_meta, version 2, 64 bit, little-endian): pages 0 and 1 are headers; in each u16 page flags at
// 18, u32 magic at 24, u32 version at 28, u32 page size at 48, u64 last page at 144.
import { appendFileSync, closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { PipelineError, type StoreName } from '@penstock/pipeline'

const DATA_FILE = 'data.mdb'
const MAGIC = 0xbeefc0de
const VERSION = 2
const HEADER_PAGE = 8
const HEADER_BYTES = 160
const MIN_PAGE_BYTES = 512
const MAX_PAGE_BYTES = 65_536
/** LMDB need not write the last pages that it counts, but leaves no more than these. */
const MAX_UNWRITTEN_BYTES = 16 * 2 ** 20

/**
 * Passes when there is no file yet, or its headers make sense. A file that is a little short is filled up with zeros: what is
 * missing then shows as damage when it is read, not as a dead process.
 * @throws PipelineError `corrupt`
 */
export function checkDataFile(directory: string, store: StoreName): void {
  const path = join(directory, DATA_FILE)
  const size = lastByteNeeded(path, store)
  if (size === null) return
  const missing = size.needed - size.present
  if (missing > MAX_UNWRITTEN_BYTES) throw damaged(path, store)
  // Appending never overwrites, also when another thread has the file open and makes it longer at this moment.
  if (missing > 0) appendFileSync(path, Buffer.alloc(missing))
}

function lastByteNeeded(path: string, store: StoreName): { needed: number; present: number } | null {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    // Not there yet, or LMDB says better what is wrong with it.
    return null
  }
  try {
    const present = fstatSync(file).size
    if (present === 0) return null
    const first = readHeader(file, 0)
    const second = first === null ? null : readHeader(file, first.pageBytes)
    if (first === null || second?.pageBytes !== first.pageBytes) throw damaged(path, store)
    return { needed: Math.max(first.bytes, second.bytes), present }
  } finally {
    closeSync(file)
  }
}

function readHeader(file: number, at: number): { pageBytes: number; bytes: number } | null {
  const header = Buffer.alloc(HEADER_BYTES)
  if (readSync(file, header, 0, HEADER_BYTES, at) < HEADER_BYTES) return null
  const pageBytes = header.readUInt32LE(48)
  const makesSense =
    (header.readUInt16LE(18) & HEADER_PAGE) !== 0 &&
    header.readUInt32LE(24) === MAGIC &&
    header.readUInt32LE(28) === VERSION &&
    pageBytes >= MIN_PAGE_BYTES &&
    pageBytes <= MAX_PAGE_BYTES
  return makesSense ? { pageBytes, bytes: (Number(header.readBigUInt64LE(144)) + 1) * pageBytes } : null
}

const damaged = (path: string, store: StoreName): PipelineError =>
  new PipelineError(
    'corrupt',
    store,
    `${path} is damaged or was cut off; restore it from a backup or start with an empty directory`,
  )

// One file of events and beside it the file of what was answered. Files go when all their events are answered.
import {
  closeSync,
  fdatasync,
  ftruncateSync,
  openSync,
  appendFileSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { promisify } from 'node:util'
import { MAGIC, readAcks, readRecords, writeAck } from './record.ts'

const syncFile = promisify(fdatasync)

export interface Segment {
  readonly path: string
  /** Places given away in it. */
  count: number
  /** Of these, how many are on disk. After a failed write that is fewer for good. */
  written: number
  /** Records without an answer. */
  live: number
  /** On disk. */
  bytes: number
  /** Open for writing. */
  fd: number | undefined
  /** What was written since the last sync. */
  dirty: boolean
  /** Removed. */
  gone: boolean
}

const ACKS = '.acks'

/** Throws what the file system throws. */
export function createSegment(path: string): Segment {
  const fd = openSync(path, 'wx', 0o600)
  const segment: Segment = { path, count: 0, written: 0, live: 0, bytes: 0, fd, dirty: false, gone: false }
  try {
    appendBytes(segment, MAGIC, MAGIC.length)
  } catch (error) {
    removeSegment(segment)
    throw error
  }
  return segment
}

/** All of the first `size` bytes or nothing: what a full disk cut off is taken away again. Throws what the file system throws. */
export function appendBytes(segment: Segment, bytes: Uint8Array, size: number): void {
  const fd = segment.fd as number
  let done = 0
  try {
    while (done < size) done += writeSync(fd, bytes, done, size - done)
  } catch (error) {
    if (done > 0) ftruncateSync(fd, segment.bytes)
    throw error
  }
  segment.bytes += size
  segment.dirty = true
}

/** Never throws: an answer that could not be noted costs a copy after a crash. */
export function noteAnswered(segment: Segment, from: number, count: number): void {
  try {
    appendFileSync(segment.path + ACKS, writeAck(from, count), { mode: 0o600 })
  } catch {
    // Full or read-only.
  }
}

/** Rejects with what the file system says. */
export async function syncSegment(segment: Segment): Promise<void> {
  if (segment.fd === undefined) return
  segment.dirty = false
  try {
    await syncFile(segment.fd)
  } catch (error) {
    if (!segment.gone) throw error // gone: everything in it is answered
  }
}

/** Never throws. */
export function sealSegment(segment: Segment): void {
  if (segment.fd === undefined) return
  const { fd } = segment
  segment.fd = undefined
  try {
    closeSync(fd)
  } catch {
    // What it says about earlier writes was said by them.
  }
}

/** Never throws. */
export function removeSegment(segment: Segment): void {
  segment.gone = true
  sealSegment(segment)
  try {
    rmSync(segment.path, { force: true })
    rmSync(segment.path + ACKS, { force: true })
  } catch {
    // Read-only: the next start sends copies, which are counted once.
  }
}

export interface LoadedSegment {
  readonly segment: Segment
  readonly events: { readonly index: number; readonly text: string }[]
  readonly skippedRecords: number
  readonly tornBytes: number
}

/** Reads what an earlier process left. Throws what the file system throws. */
export function loadSegment(path: string): LoadedSegment {
  const file = readFileSync(path)
  const { texts, tornBytes } = readRecords(file)
  const answered = new Uint8Array(texts.length)
  try {
    readAcks(readFileSync(path + ACKS), answered)
  } catch {
    // None was answered.
  }
  const events: LoadedSegment['events'] = []
  let skippedRecords = 0
  for (const [index, text] of texts.entries()) {
    if (answered[index] === 1) continue
    if (text === null) skippedRecords += 1
    else events.push({ index, text })
  }
  const segment = {
    path,
    count: texts.length,
    written: texts.length,
    live: events.length,
    bytes: file.length,
    fd: undefined,
    dirty: false,
    gone: false,
  }
  return { segment, events, skippedRecords, tornBytes }
}

export const isSegmentName = (name: string): boolean => /^\d+\.events$/.test(name)
export const segmentName = (number: number): string => `${String(number).padStart(8, '0')}.events`

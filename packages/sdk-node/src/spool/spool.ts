// The store of the Node SDK: an event is on disk before the caller's microtask ends, and stays there until it is answered.
// What dead processes left in the same root is adopted and sent. Disk trouble never reaches the caller: events then live in
// memory only, which is said once, and the disk is tried again later.
import { mkdirSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Core, Store, StoredEvent, Warner } from '@penstock/sdk-core'
import { DEFAULT_SPOOL_BYTES, MAX_SPOOL_BYTES, MIN_SPOOL_BYTES, type SpoolOptions } from '../options.ts'
import { type Adoption, createAdoption, removeEmptyFolder } from './adoption.ts'
import { HEARTBEAT_MS, LOCK_SUFFIX, lockOwner, newOwner, touchLock } from './owner.ts'
import { RECORD_HEAD, createRecordWriter } from './record.ts'
import {
  type Segment,
  appendBytes,
  createSegment,
  loadSegment,
  noteAnswered,
  removeSegment,
  sealSegment,
  segmentName,
  syncSegment,
} from './segment.ts'

export interface SpoolStats {
  /** On disk, ours and adopted. */
  readonly bytes: number
  /** Records that were found damaged, and bytes behind the last whole record of a file: a crash cut them off. */
  readonly skippedRecords: number
  readonly tornBytes: number
  /** False while the disk refuses: events live in memory only. */
  readonly works: boolean
}

export interface Spool extends Store {
  /** There may be room in the queue again: restores more of what earlier processes left. */
  onRoom(): void
  /** Begins to restore what earlier processes left, now and while this one lives. */
  start(core: Core): void
  /** For `ready()`: nothing to wait for, or a promise for the disk. */
  written(): Promise<void> | undefined
  /** Writes what is buffered, synchronously. Never throws. */
  writeNow(): void
  works(): boolean
  stats(): SpoolStats
  /** Leaves what is unanswered for the next process. */
  close(): void
}

const SEGMENT_BYTES = 4_194_304
const BUFFER_BYTES = 262_144
/** Less is queued when the next adopted file is read. */
const RESTORE_BELOW_BYTES = SEGMENT_BYTES / 4
const ADOPT_EVERY_MS = 10_000
const RETRY_DISK_MS = 30_000
/** A `ref` is segment × this + place in the segment. */
const PLACES = 1_048_576
/** `then` makes a microtask for half of what queueMicrotask() takes. */
const now = Promise.resolve()

/** @throws TypeError when there is no directory */
export function openSpool(options: SpoolOptions, logger: Warner): Spool {
  const { directory: root, fsync = false } = options
  if (typeof root !== 'string' || root === '') throw new TypeError('spool needs { directory: "…" }')
  const maxBytes = Math.min(
    MAX_SPOOL_BYTES,
    Math.max(MIN_SPOOL_BYTES, Number(options.maxBytes) || DEFAULT_SPOOL_BYTES),
  )
  const owner = newOwner()
  const own = join(root, `${owner}.0`)
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES)
  const records = createRecordWriter(buffer)
  const segments = new Map<number, Segment>()
  /** Files of adopted folders that are not in memory yet. */
  const backlog: string[] = []
  let adoption: Adoption | undefined
  let core: Core | undefined
  let current: Segment | undefined
  let currentNumber = 0
  let nextNumber = 1
  let filled = 0
  let scheduled = false
  /** The caller asks after each event or so: the next one is written at once, which spares it the microtask. */
  let direct = false
  let bytes = 0
  let skippedRecords = 0
  let tornBytes = 0
  let brokenUntil = 0
  let warned = false
  let closed = false
  const timers: NodeJS.Timeout[] = []
  const syncing = new Set<Promise<void>>()

  function fail(error: unknown): void {
    brokenUntil = performance.now() + RETRY_DISK_MS
    if (current !== undefined) seal()
    if (warned) return
    warned = true
    const { code, message } = error as NodeJS.ErrnoException
    logger.warn('store_failed', `${root}: ${code ?? message}`)
  }

  /** The folder and its lock; tried again when the disk failed before. */
  function prepare(): void {
    mkdirSync(root, { recursive: true })
    lockOwner(root, owner)
    mkdirSync(own, { recursive: true, mode: 0o700 })
    adoption ??= createAdoption(root, owner)
  }

  function roll(): Segment {
    if (adoption === undefined) prepare()
    const number = nextNumber++
    const segment = createSegment(join(own, segmentName(number)))
    segments.set(number, segment)
    bytes += segment.bytes
    currentNumber = number
    if (fsync) syncing.add(syncFolder())
    return (current = segment)
  }

  function seal(): void {
    const segment = current as Segment
    const number = currentNumber
    current = undefined
    if (segment.live <= 0) drop(number, segment)
    else if (fsync && segment.dirty) void sync(segment).then(() => sealSegment(segment))
    else sealSegment(segment)
  }

  /** So that the file itself is found after power loss. */
  function syncFolder(): Promise<void> {
    const done = open(own)
      .then((folder) => folder.sync().finally(() => folder.close()))
      .catch(fail)
      .finally(() => syncing.delete(done))
    return done
  }

  function sync(segment: Segment): Promise<void> {
    const done = syncSegment(segment)
      .catch(fail)
      .finally(() => syncing.delete(done))
    syncing.add(done)
    return done
  }

  function drop(number: number, segment: Segment): void {
    segments.delete(number)
    bytes -= segment.bytes
    removeSegment(segment)
    if (dirname(segment.path) !== own) removeEmptyFolder(dirname(segment.path))
  }

  function writeNow(): void {
    scheduled = false
    const size = filled
    filled = 0
    // Without a file the disk has failed meanwhile.
    if (size === 0 || current === undefined) return
    try {
      appendBytes(current, buffer, size)
      current.written = current.count
      bytes += size
    } catch (error) {
      fail(error) // they stay in memory; their places in the file are not there
    }
  }

  function append(event: StoredEvent): boolean {
    const size = RECORD_HEAD + event.bytes
    if (bytes + filled + size > maxBytes) return false
    if (brokenUntil > 0) {
      if (performance.now() < brokenUntil) return true
      brokenUntil = 0
    }
    if (filled + size > BUFFER_BYTES) writeNow()
    try {
      if (current === undefined || current.bytes + filled + size > SEGMENT_BYTES) {
        writeNow()
        if (current !== undefined) seal()
        if (brokenUntil > 0) return true
        roll()
      }
    } catch (error) {
      fail(error)
      return true
    }
    const segment = current as Segment
    filled = records.write(filled, event)
    event.ref = currentNumber * PLACES + segment.count++
    segment.live += 1
    if (direct) {
      direct = false
      writeNow()
    } else if (!scheduled) {
      scheduled = true
      void now.then(writeNow)
    }
    return true
  }

  function remove(events: readonly StoredEvent[]): void {
    if (filled > 0) writeNow() // an event's place is on disk before the note that it was answered
    for (let at = 0; at < events.length;) {
      const ref = events[at]?.ref
      let run = 1
      if (typeof ref === 'number') {
        while (events[at + run]?.ref === ref + run) run++
        answered(Math.floor(ref / PLACES), ref % PLACES, run)
      }
      at += run
    }
  }

  function answered(number: number, from: number, count: number): void {
    const segment = segments.get(number)
    if (segment === undefined) return
    segment.live -= count
    if (segment.live > 0) noteAnswered(segment, from, count)
    else if (segment !== current) drop(number, segment)
    // A file that is being written to stays until it is worth replacing.
    else if (segment.bytes > BUFFER_BYTES) seal()
    else noteAnswered(segment, from, count)
  }

  function adopt(): void {
    if (closed) return
    try {
      if (adoption === undefined) prepare()
      for (const { folder, segments: found } of (adoption as Adoption).adopt()) {
        if (found.length === 0) rmSync(folder, { recursive: true, force: true })
        backlog.push(...found)
      }
      restore()
    } catch (error) {
      fail(error)
    }
  }

  /** One file after another, as long as memory holds less than a quarter of one. */
  function restore(): void {
    while (core !== undefined && !closed && backlog.length > 0 && core.queuedBytes() < RESTORE_BELOW_BYTES) {
      const path = backlog.shift() as string
      try {
        const { segment, events, ...damage } = loadSegment(path)
        skippedRecords += damage.skippedRecords
        tornBytes += damage.tornBytes
        const number = nextNumber++
        segments.set(number, segment)
        bytes += segment.bytes
        if (events.length === 0) drop(number, segment)
        else core.restore(events.map(({ index, text }) => toEvent(text, number * PLACES + index)))
      } catch (error) {
        fail(error)
      }
    }
  }

  return {
    append,
    remove,
    writeNow,
    flush: writeNow,
    survives: ({ ref }) =>
      typeof ref === 'number' && ref % PLACES < (segments.get(Math.floor(ref / PLACES))?.written ?? 0),
    works: () => brokenUntil === 0,
    onRoom() {
      if (backlog.length > 0) restore()
    },
    start(given) {
      core = given
      adopt()
      timers.push(setInterval(adopt, ADOPT_EVERY_MS).unref())
      timers.push(setInterval(() => touchLock(root, owner), HEARTBEAT_MS).unref())
    },
    written() {
      writeNow()
      direct = true
      if (!fsync || brokenUntil > 0) return
      for (const segment of segments.values()) if (segment.dirty) void sync(segment)
      return syncing.size === 0 ? undefined : Promise.all(syncing).then(() => undefined)
    },
    stats: () => ({ bytes: bytes + filled, skippedRecords, tornBytes, works: brokenUntil === 0 }),
    close() {
      if (closed) return
      writeNow()
      closed = true
      for (const timer of timers) clearInterval(timer)
      if (current !== undefined) seal()
      removeEmptyFolder(own)
      try {
        // Without its lock a folder is free for the next one to adopt.
        rmSync(join(root, owner + LOCK_SUFFIX), { force: true })
      } catch {
        // Read-only.
      }
    },
  }
}

function toEvent(text: string, ref: number): StoredEvent {
  const id = /^\{"event_id":"([0-9a-fA-F-]{36})"/.exec(text)?.[1]
  return {
    id: id ?? String((JSON.parse(text) as { event_id?: unknown }).event_id),
    text,
    bytes: Buffer.byteLength(text),
    ref,
  }
}

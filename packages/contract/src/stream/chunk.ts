// The stored form of accepted events: one chunk is one message of the log. Written by gateways, read by workers of the
// same or a later release, so the version stands first and every version still in a log can be read.
//
// Layout, little-endian (version 1):
//   u8 version · u8 kind (1 = events) · u16 number of events · u16 number of projects
//   per project: u8 length, UTF-8 id
//   per event (50 bytes): 16 bytes event_id · f64 received_at ms · f64 event time ms · u16 project · u8 road · u8 flags
//                         · u32 offset in the body · u32 length · 6 bytes zero
//   body: the events' own bytes, as they were sent (UTF-8 JSON objects); a few bytes that belong to none may lie between
//         two of them, because neighbours are copied together
import { CHUNK_LIMITS } from '../limits.ts'

/** By which road an event came. A replay is the only one that may revive an identity in state `dead`. */
export const ROADS = ['ingest', 'import', 'replay'] as const
export type Road = (typeof ROADS)[number]

/** One event inside a chunk. Times are milliseconds since 1970. */
export interface ChunkEvent {
  projectId: string
  /** 16 bytes. */
  eventId: Uint8Array
  receivedAt: number
  /** Worked out once, by the gateway; never again. */
  eventTime: number
  road: Road
  /** The event's JSON as sent. A view: copy it to keep it. */
  bytes: Uint8Array
}

const VERSION = 1
const KIND_EVENTS = 1
const HEAD_BYTES = 6
export const CHUNK_EVENT_HEAD_BYTES = 50

/** A chunk that no release up to this one wrote, or a damaged one. The partition must stop, never skip. */
export class ChunkUnreadableError extends Error {
  override readonly name = 'ChunkUnreadableError'
}

/** One event for `addPacked`, which reads it and keeps only `source`. One object can serve many events. */
export interface PackedEvent {
  projectId: string
  /** The event's id is the 16 bytes at `idOffset`. */
  ids: Uint8Array
  idOffset: number
  receivedAt: number
  eventTime: number
  road: Road
  /** The event's JSON is `start`..`end` of it. Must not change until `finish`. */
  source: Uint8Array
  start: number
  end: number
}

// Events nearer than this in one source (a comma and some white space apart) are copied as one run, gap included.
const MOST_GAP_BYTES = 16

/** Bytes that one more event of `length` bytes adds to a chunk at most, its project's id included. */
export const chunkEventBytes = (length: number): number =>
  CHUNK_EVENT_HEAD_BYTES + MOST_GAP_BYTES + 256 + length

/**
 * Collects events and writes them as one chunk. After `finish` the builder is empty and can be used again; the chunk it gave
 * out is not touched any more.
 */
export class ChunkBuilder {
  readonly #maxEvents: number
  readonly #projects: string[] = []
  #heads: Buffer
  #view: DataView
  // Runs of the body: where they are copied from.
  readonly #sources: Uint8Array[] = []
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  #count = 0
  #bodyBytes = 0
  #projectBytes = 0

  /** @param maxEvents - adding more throws RangeError */
  constructor(maxEvents: number = CHUNK_LIMITS.maxEvents) {
    this.#maxEvents = maxEvents
    this.#heads = Buffer.alloc(Math.min(maxEvents, 64) * CHUNK_EVENT_HEAD_BYTES)
    this.#view = new DataView(this.#heads.buffer, this.#heads.byteOffset, this.#heads.byteLength)
  }

  get count(): number {
    return this.#count
  }

  /** Bytes that `finish` would give out now. */
  get bytes(): number {
    return HEAD_BYTES + this.#projectBytes + this.#count * CHUNK_EVENT_HEAD_BYTES + this.#bodyBytes
  }

  add(event: ChunkEvent): void {
    this.addPacked({
      projectId: event.projectId,
      ids: event.eventId,
      idOffset: 0,
      receivedAt: event.receivedAt,
      eventTime: event.eventTime,
      road: event.road,
      source: event.bytes,
      start: 0,
      end: event.bytes.length,
    })
  }

  /** As `add`, without garbage: the hot path of the gateway. */
  addPacked(event: PackedEvent): void {
    const at = this.#count * CHUNK_EVENT_HEAD_BYTES
    if (at === this.#heads.length) this.#grow()
    const heads = this.#heads
    const view = this.#view
    const { ids, idOffset } = event
    for (let index = 0; index < 16; index++) heads[at + index] = ids[idOffset + index] as number
    view.setFloat64(at + 16, event.receivedAt, true)
    view.setFloat64(at + 24, event.eventTime, true)
    view.setUint16(at + 32, this.#projectIndex(event.projectId), true)
    heads[at + 34] = ROADS.indexOf(event.road)
    heads[at + 35] = 0
    view.setUint32(at + 36, this.#place(event.source, event.start, event.end), true)
    view.setUint32(at + 40, event.end - event.start, true)
    view.setUint32(at + 44, 0)
    view.setUint16(at + 48, 0)
    this.#count++
  }

  finish(): Buffer {
    const out = Buffer.allocUnsafe(this.bytes)
    out[0] = VERSION
    out[1] = KIND_EVENTS
    out.writeUInt16LE(this.#count, 2)
    out.writeUInt16LE(this.#projects.length, 4)
    let at = HEAD_BYTES
    for (const id of this.#projects) {
      const length = out.write(id, at + 1, 'utf8')
      out[at] = length
      at += 1 + length
    }
    at += this.#heads.copy(out, at, 0, this.#count * CHUNK_EVENT_HEAD_BYTES)
    for (let run = 0; run < this.#sources.length; run++) {
      const source = this.#sources[run] as Uint8Array
      const start = this.#starts[run] as number
      const end = this.#ends[run] as number
      out.set(start === 0 && end === source.length ? source : source.subarray(start, end), at)
      at += end - start
    }
    this.#clear()
    return out
  }

  /** Offset of the event in the body; puts it into a run. */
  #place(source: Uint8Array, start: number, end: number): number {
    const last = this.#sources.length - 1
    const lastEnd = last < 0 ? 0 : (this.#ends[last] as number)
    const gap = start - lastEnd
    if (last >= 0 && this.#sources[last] === source && gap >= 0 && gap <= MOST_GAP_BYTES) {
      this.#ends[last] = end
      this.#bodyBytes += end - lastEnd
      return this.#bodyBytes - (end - start)
    }
    this.#sources.push(source)
    this.#starts.push(start)
    this.#ends.push(end)
    this.#bodyBytes += end - start
    return this.#bodyBytes - (end - start)
  }

  #projectIndex(projectId: string): number {
    const index = this.#projects.lastIndexOf(projectId)
    if (index >= 0) return index
    const length = Buffer.byteLength(projectId, 'utf8')
    if (length > 255) throw new RangeError('a project id has at most 255 bytes')
    this.#projectBytes += 1 + length
    return this.#projects.push(projectId) - 1
  }

  #grow(): void {
    if (this.#count >= this.#maxEvents) throw new RangeError('the chunk is full')
    const size = Math.min(this.#maxEvents * CHUNK_EVENT_HEAD_BYTES, this.#heads.length * 4)
    const heads = Buffer.alloc(size)
    this.#heads.copy(heads)
    this.#heads = heads
    this.#view = new DataView(heads.buffer, heads.byteOffset, heads.byteLength)
  }

  #clear(): void {
    this.#projects.length = 0
    this.#sources.length = 0
    this.#starts.length = 0
    this.#ends.length = 0
    this.#count = 0
    this.#bodyBytes = 0
    this.#projectBytes = 0
  }
}

/**
 * The events of a chunk, in order. Their `eventId` and `bytes` are views of `chunk`.
 * @throws ChunkUnreadableError for unknown versions and kinds, and for lengths that do not fit.
 */
export function decodeChunk(chunk: Uint8Array): ChunkEvent[] {
  const view = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  if (view.length < HEAD_BYTES) throw new ChunkUnreadableError('chunk shorter than its head')
  if (view[0] !== VERSION)
    throw new ChunkUnreadableError(`chunk version ${String(view[0])} is not known here`)
  if (view[1] !== KIND_EVENTS)
    throw new ChunkUnreadableError(`chunk kind ${String(view[1])} is not known here`)
  const count = view.readUInt16LE(2)
  const projectCount = view.readUInt16LE(4)
  try {
    return decodeEvents(view, count, projectCount)
  } catch (error) {
    if (error instanceof RangeError) throw new ChunkUnreadableError('chunk is cut', { cause: error })
    throw error
  }
}

function decodeEvents(view: Buffer, count: number, projectCount: number): ChunkEvent[] {
  const projects: string[] = []
  let at = HEAD_BYTES
  for (let index = 0; index < projectCount; index++) {
    const length = view.readUInt8(at)
    projects.push(view.toString('utf8', at + 1, at + 1 + length))
    at += 1 + length
  }
  const body = at + count * CHUNK_EVENT_HEAD_BYTES
  const events: ChunkEvent[] = []
  for (let index = 0; index < count; index++, at += CHUNK_EVENT_HEAD_BYTES) {
    const projectId = projects[view.readUInt16LE(at + 32)]
    const road = ROADS[view.readUInt8(at + 34)]
    const start = body + view.readUInt32LE(at + 36)
    const end = start + view.readUInt32LE(at + 40)
    if (projectId === undefined || road === undefined || end > view.length) {
      throw new ChunkUnreadableError(`event ${String(index)} of the chunk does not fit`)
    }
    events.push({
      projectId,
      eventId: view.subarray(at, at + 16),
      receivedAt: view.readDoubleLE(at + 16),
      eventTime: view.readDoubleLE(at + 24),
      road,
      bytes: view.subarray(start, end),
    })
  }
  return events
}

// The stored form of accepted events: one chunk is one message of the log. Written by gateways, read by workers of the
// same or a later release, so the version stands first and every version still in a log can be read.
//
// Layout, little-endian (version 1):
//   u8 version · u8 kind (1 = events) · u16 number of events · u16 number of projects
//   per project: u8 length, UTF-8 id
//   per event (50 bytes): 16 bytes event_id · f64 received_at ms · f64 event time ms · u16 project · u8 road · u8 flags
//                         · u32 offset in the body · u32 length · 6 bytes zero
//   body: the events' own bytes, as they were sent (UTF-8 JSON objects)
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

/**
 * Collects events and writes them as one chunk. Reuse is not possible: `finish` hands its buffer out.
 */
export class ChunkBuilder {
  readonly #projects: string[] = []
  readonly #heads: Buffer
  readonly #bodies: Uint8Array[] = []
  #count = 0
  #bodyBytes = 0

  constructor(maxEvents: number = CHUNK_LIMITS.maxEvents) {
    this.#heads = Buffer.allocUnsafe(maxEvents * CHUNK_EVENT_HEAD_BYTES)
  }

  get count(): number {
    return this.#count
  }

  /** Bytes of the events' own JSON collected so far. */
  get bodyBytes(): number {
    return this.#bodyBytes
  }

  add(event: ChunkEvent): void {
    this.addPacked(
      event.projectId,
      event.eventId,
      0,
      event.receivedAt,
      event.eventTime,
      event.road,
      event.bytes,
    )
  }

  /** As `add`, without an object: the event's id is read from `ids` at `idOffset`. */
  // eslint-disable-next-line max-params -- the hot path of the gateway: an object per event would be garbage
  addPacked(
    projectId: string,
    ids: Uint8Array,
    idOffset: number,
    receivedAt: number,
    eventTime: number,
    road: Road,
    bytes: Uint8Array,
  ): void {
    let project = this.#projects.lastIndexOf(projectId)
    if (project < 0) project = this.#projects.push(projectId) - 1
    const heads = this.#heads
    const at = this.#count * CHUNK_EVENT_HEAD_BYTES
    for (let index = 0; index < 16; index++) heads[at + index] = ids[idOffset + index] as number
    heads.writeDoubleLE(receivedAt, at + 16)
    heads.writeDoubleLE(eventTime, at + 24)
    heads.writeUInt16LE(project, at + 32)
    heads[at + 34] = ROADS.indexOf(road)
    heads[at + 35] = 0
    heads.writeUInt32LE(this.#bodyBytes, at + 36)
    heads.writeUInt32LE(bytes.length, at + 40)
    heads.fill(0, at + 44, at + 50)
    this.#bodies.push(bytes)
    this.#bodyBytes += bytes.length
    this.#count++
  }

  finish(): Buffer {
    const projects = this.#projects.map((id) => Buffer.from(id, 'utf8'))
    const projectBytes = projects.reduce((sum, id) => sum + 1 + id.length, 0)
    const headsBytes = this.#count * CHUNK_EVENT_HEAD_BYTES
    const out = Buffer.allocUnsafe(HEAD_BYTES + projectBytes + headsBytes + this.#bodyBytes)
    out[0] = VERSION
    out[1] = KIND_EVENTS
    out.writeUInt16LE(this.#count, 2)
    out.writeUInt16LE(projects.length, 4)
    let at = HEAD_BYTES
    for (const id of projects) {
      out[at] = id.length
      id.copy(out, at + 1)
      at += 1 + id.length
    }
    this.#heads.copy(out, at, 0, headsBytes)
    at += headsBytes
    for (const body of this.#bodies) {
      out.set(body, at)
      at += body.length
    }
    return out
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

// Keys of the state environment, built so that the order of bytes is the order that is asked for. A key begins with its project
// (one length byte, then the id), so that a project is one range and no project sees another's.
// LMDB takes keys up to 1,978 bytes. Ids have at most 255 code points (1,020 bytes) and fit; a part that would not is replaced
// by its hash behind a byte that UTF-8 never has, and the text itself stands in the value.
import { createHash } from 'node:crypto'
import type { ActorKey, Identity } from '@penstock/pipeline'

export const ID_BYTES = 16
const TIME_BYTES = 8
const TIMELINE_TAIL_BYTES = TIME_BYTES + ID_BYTES
const LONG_PART_BYTES = 1020
/** Two ids in one key: the first is hashed earlier, or both would not fit. */
const SHORT_PART_BYTES = 255
const HASHED = 0xff
const WORD = 2 ** 32
// Times are whole milliseconds, |t| < 2^52: moved above zero, their order is the order of their big-endian bytes.
const TIME_ORIGIN = 2 ** 52

const part = (text: string, maxBytes: number): Buffer => {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= maxBytes) return bytes
  return Buffer.concat([Buffer.of(HASHED), createHash('sha256').update(bytes).digest()])
}

const projects = new Map<string, Buffer>()
const MAX_CACHED_PROJECTS = 1024

/** `u8 length · id`. */
export function projectPrefix(projectId: string): Buffer {
  let prefix = projects.get(projectId)
  if (prefix === undefined) {
    const id = part(projectId, SHORT_PART_BYTES)
    prefix = Buffer.concat([Buffer.of(id.length), id])
    if (projects.size >= MAX_CACHED_PROJECTS) projects.clear()
    projects.set(projectId, prefix)
  }
  return prefix
}

/** `project · event id`. */
export function eventKey({ projectId, eventId }: Identity): Buffer {
  const prefix = projectPrefix(projectId)
  const key = Buffer.allocUnsafe(prefix.length + ID_BYTES)
  key.set(prefix)
  key.set(eventId, prefix.length)
  return key
}

/** The project at the beginning of a key. */
export const projectOf = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset + 1, key[0]).toString('utf8')

/** The event id at the end of an event's key. */
export const eventIdOf = (key: Uint8Array): Buffer => Buffer.from(key.subarray(key.length - ID_BYTES))

/** `project · u8 kind · u16 length · actor id`, then `inverted event time · inverted event id`: newest first. */
export function actorPrefix({ projectId, kind, id }: ActorKey): Buffer {
  return timelinePrefix(projectId, kind, id, 0)
}

export function timelineKey(actor: ActorKey, eventTime: number, eventId: Uint8Array): Buffer {
  const key = timelinePrefix(actor.projectId, actor.kind, actor.id, TIMELINE_TAIL_BYTES)
  const at = key.length - TIMELINE_TAIL_BYTES
  writeNumber(key, TIME_ORIGIN - Math.floor(eventTime), at)
  for (let index = 0; index < ID_BYTES; index++)
    key[at + TIME_BYTES + index] = 255 - (eventId[index] as number)
  return key
}

export function readTimelineKey(key: Uint8Array): { eventTime: number; eventId: Buffer } {
  const tail = Buffer.from(key.subarray(key.length - TIMELINE_TAIL_BYTES))
  const eventId = tail.subarray(TIME_BYTES)
  for (let index = 0; index < ID_BYTES; index++) eventId[index] = 255 - (eventId[index] as number)
  return { eventTime: TIME_ORIGIN - readNumber(tail, 0), eventId }
}

function timelinePrefix(projectId: string, kind: ActorKey['kind'], id: string, room: number): Buffer {
  const prefix = projectPrefix(projectId)
  // Most ids are ASCII: then their length is known without encoding them twice.
  const bytes = Buffer.byteLength(id, 'utf8')
  const hashed = bytes > LONG_PART_BYTES ? part(id, LONG_PART_BYTES) : null
  const length = hashed?.length ?? bytes
  const key = Buffer.allocUnsafe(prefix.length + 3 + length + room)
  key.set(prefix)
  key[prefix.length] = kind === 'user' ? 1 : 0
  key.writeUInt16BE(length, prefix.length + 1)
  if (hashed === null) key.write(id, prefix.length + 3, 'utf8')
  else key.set(hashed, prefix.length + 3)
  return key
}

/** `project · anonymous id`. */
export const linkKey = (projectId: string, anonymousId: string): Buffer =>
  Buffer.concat([projectPrefix(projectId), part(anonymousId, LONG_PART_BYTES)])

/** `project · u16 length · user id`: the range of what is kept per user. */
export function userPrefix(projectId: string, userId: string): Buffer {
  const user = part(userId, SHORT_PART_BYTES)
  const length = Buffer.allocUnsafe(2)
  length.writeUInt16BE(user.length)
  return Buffer.concat([projectPrefix(projectId), length, user])
}

/** Something of a user by name: an anonymous id or the key of a trait. */
export const userItemKey = (projectId: string, userId: string, name: string): Buffer =>
  Buffer.concat([userPrefix(projectId, userId), part(name, LONG_PART_BYTES)])

export const letterKey = (projectId: string, letterId: string): Buffer =>
  Buffer.concat([projectPrefix(projectId), part(letterId, SHORT_PART_BYTES)])

/** `project · dead_at · letter id`: read backwards it is newest first. */
export function letterTimeKey(projectId: string, deadAt: number, letterId: string): Buffer {
  const time = Buffer.allocUnsafe(TIME_BYTES)
  writeNumber(time, TIME_ORIGIN + Math.floor(deadAt), 0)
  return Buffer.concat([projectPrefix(projectId), time, part(letterId, SHORT_PART_BYTES)])
}

export const letterCountKey = (projectId: string, reason: string, state: string): Buffer =>
  Buffer.concat([projectPrefix(projectId), Buffer.from(`${reason}/${state}`)])

/** The first key behind all keys that begin with `prefix`. */
export function behind(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix)
  for (let at = end.length - 1; at >= 0; at--) {
    if ((end[at] as number) < 255) {
      end[at] = (end[at] as number) + 1
      return end.subarray(0, at + 1)
    }
  }
  // Never reached by our prefixes: a length byte of 255 stands before 255 bytes of UTF-8.
  return Buffer.concat([prefix, Buffer.alloc(64, 255)])
}

function writeNumber(target: Buffer, value: number, at: number): void {
  const high = Math.floor(value / WORD)
  target.writeUInt32BE(high, at)
  target.writeUInt32BE(value - high * WORD, at + 4)
}

const readNumber = (source: Buffer, at: number): number =>
  source.readUInt32BE(at) * WORD + source.readUInt32BE(at + 4)

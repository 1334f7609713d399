// One record per event: its registry entry and its hot row, so that an event costs one get and one put. Little-endian:
//   u32 CRC-32 of the rest, seeded with the id's first four bytes · u8 version · u8 registry state · u8 has a body · u8 zero
//   · u32 partition · u32 index · f64 sequence · f64 log time · f64 received at · f64 event time · 16 bytes hash · body
// A record without a body is a registry entry only (the cold store refused the event, or its hot row is past retention).
import {
  PipelineError,
  type AcceptedEvent,
  type HotRow,
  type Identity,
  type RegistryEntry,
  type RegistryState,
} from '@penstock/pipeline'
import { checksum } from './checksum.ts'

const VERSION = 1
const HEAD_BYTES = 64
const HASH_AT = 48
const HASH_BYTES = 16
const STATES: readonly RegistryState[] = ['live', 'dead', 'erased']
const FIRST_ROOM_BYTES = 64 * 1024

/** Writes records into memory of its own: each stays valid until the next one is encoded. */
export interface EventRowEncoder {
  /** A live record with its body. */
  live(event: AcceptedEvent): Buffer
  /** A registry entry without a body. */
  bare(event: Omit<AcceptedEvent, 'bytes' | 'event'>, state: RegistryState): Buffer
}

export function createEventRowEncoder(): EventRowEncoder {
  let room = Buffer.allocUnsafeSlow(FIRST_ROOM_BYTES)

  const encode = (
    event: Omit<AcceptedEvent, 'bytes' | 'event'>,
    state: RegistryState,
    body: Uint8Array | null,
  ): Buffer => {
    const size = HEAD_BYTES + (body?.length ?? 0)
    if (size > room.length) room = Buffer.allocUnsafeSlow(size * 2)
    room[4] = VERSION
    room[5] = STATES.indexOf(state)
    room[6] = body === null ? 0 : 1
    room[7] = 0
    room.writeUInt32LE(event.position.partition, 8)
    room.writeUInt32LE(event.position.idx, 12)
    room.writeDoubleLE(event.position.seq, 16)
    room.writeDoubleLE(event.logTime, 24)
    room.writeDoubleLE(event.receivedAt, 32)
    room.writeDoubleLE(event.eventTime, 40)
    room.set(event.hash, HASH_AT)
    if (body !== null) room.set(body, HEAD_BYTES)
    room.writeUInt32LE(checksum(room.subarray(4, size), seedOf(event.eventId)), 0)
    return room.subarray(0, size)
  }
  return {
    live: (event) => encode(event, 'live', event.bytes),
    bare: (event, state) => encode(event, state, null),
  }
}

/** A record as it stands in the store. Reads only what it is asked for. */
export interface EventRow {
  readonly entry: RegistryEntry
  readonly logTime: number
  readonly receivedAt: number
  readonly eventTime: number
  /** A copy; null for a registry entry only. */
  readonly body: Uint8Array | null
}

/** Checks and reads the registry's part. `value` may be memory that the next get overwrites: everything is copied. */
export function decodeEntry(value: Uint8Array, eventId: Uint8Array): RegistryEntry {
  return entryOf(checked(value, eventId))
}

export function decodeEventRow(value: Uint8Array, eventId: Uint8Array): EventRow {
  const view = checked(value, eventId)
  return {
    entry: entryOf(view),
    logTime: view.readDoubleLE(24),
    receivedAt: view.readDoubleLE(32),
    eventTime: view.readDoubleLE(40),
    body: view[6] === 1 ? Buffer.from(view.subarray(HEAD_BYTES)) : null,
  }
}

/** The hot row, or null when nothing live is stored. */
export function hotRowOf({ projectId, eventId }: Identity, row: EventRow): HotRow | null {
  if (row.entry.state !== 'live' || row.body === null) return null
  return {
    projectId,
    eventId,
    position: row.entry.owner,
    receivedAt: row.receivedAt,
    eventTime: row.eventTime,
    bytes: row.body,
  }
}

function entryOf(view: Buffer): RegistryEntry {
  return {
    owner: { partition: view.readUInt32LE(8), seq: view.readDoubleLE(16), idx: view.readUInt32LE(12) },
    hash: Buffer.from(view.subarray(HASH_AT, HASH_AT + HASH_BYTES)),
    state: STATES[view[5] as number] as RegistryState,
  }
}

function checked(value: Uint8Array, eventId: Uint8Array): Buffer {
  // `value.length`, not byteLength: lmdb-js hands out one big buffer and sets its length.
  const view = Buffer.from(value.buffer, value.byteOffset, value.length)
  if (view.length < HEAD_BYTES || view.readUInt32LE(0) !== checksum(view.subarray(4), seedOf(eventId))) {
    throw new PipelineError('corrupt', 'state', 'the record of an event is damaged')
  }
  if (view[4] !== VERSION || STATES[view[5] as number] === undefined) {
    throw new PipelineError(
      'corrupt',
      'state',
      `the record of an event has version ${String(view[4])}, not known here`,
    )
  }
  return view
}

const seedOf = (id: Uint8Array): number =>
  (((id[0] as number) << 24) | ((id[1] as number) << 16) | ((id[2] as number) << 8) | (id[3] as number)) >>> 0

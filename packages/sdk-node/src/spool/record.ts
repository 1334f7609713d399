// The bytes of a spool file: a magic number, then records of length, checksum and the event's JSON text. What a crash cut off
// or a disk garbled is recognised by its checksum and skipped; nothing that was written whole before it is lost.
import { crc32 } from 'node:zlib'

export const MAGIC = Buffer.from('PNSTKSP1')
export const RECORD_HEAD = 8
/** An event is at most 32 KiB; a longer length is garbage. */
const MAX_RECORD_BYTES = 65_536
const ACK_BYTES = 12

/** Most events are smaller. */
const USUAL_BYTES = 4_096

export interface RecordWriter {
  /** Writes a record of `text` (of `bytes` UTF-8 bytes) at `at`; returns where it ends. The caller has made room. */
  write(at: number, event: { text: string; bytes: number }): number
}

export function createRecordWriter(target: Buffer): RecordWriter {
  // By size, the bodies of records at the very start, where a lone record stands: making a view takes as long as its checksum.
  const views = new Array<Uint8Array | undefined>(USUAL_BYTES + 1).fill(undefined)

  function viewOf(at: number, bytes: number): Uint8Array {
    const body = at + RECORD_HEAD
    if (at > 0 || bytes > USUAL_BYTES) return target.subarray(body, body + bytes)
    return (views[bytes] ??= target.subarray(body, body + bytes))
  }

  return {
    write(at, { text, bytes }) {
      target.write(text, at + RECORD_HEAD)
      target.writeUInt32LE(bytes, at)
      target.writeUInt32LE(crc32(viewOf(at, bytes)), at + 4)
      return at + RECORD_HEAD + bytes
    },
  }
}

export interface ReadRecords {
  /** By place in the file; null where the checksum did not match. */
  readonly texts: (string | null)[]
  /** Bytes behind the last record that could be found. */
  readonly tornBytes: number
}

export function readRecords(file: Buffer): ReadRecords {
  const texts: (string | null)[] = []
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) return { texts, tornBytes: file.length }
  let at = MAGIC.length
  while (at + RECORD_HEAD <= file.length) {
    const bytes = file.readUInt32LE(at)
    const end = at + RECORD_HEAD + bytes
    if (bytes === 0 || bytes > MAX_RECORD_BYTES || end > file.length) break
    const body = file.subarray(at + RECORD_HEAD, end)
    texts.push(crc32(body) === file.readUInt32LE(at + 4) ? body.toString('utf8') : null)
    at = end
  }
  return { texts, tornBytes: file.length - at }
}

/** A run of records that were answered. */
export function writeAck(from: number, count: number): Buffer {
  const ack = Buffer.alloc(ACK_BYTES)
  ack.writeUInt32LE(from, 0)
  ack.writeUInt32LE(count, 4)
  ack.writeUInt32LE(crc32(ack.subarray(0, 8)), 8)
  return ack
}

/** Marks in `answered` what the runs name; garbage is skipped. */
export function readAcks(file: Buffer, answered: Uint8Array): void {
  for (let at = 0; at + ACK_BYTES <= file.length; at += ACK_BYTES) {
    if (crc32(file.subarray(at, at + 8)) !== file.readUInt32LE(at + 8)) continue
    const from = file.readUInt32LE(at)
    answered.fill(1, from, from + file.readUInt32LE(at + 4))
  }
}

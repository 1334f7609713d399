// Bytes of the log's records, little-endian.
//   message: u32 CRC-32 of the rest, seeded with the sequence · f64 log time · chunk
//   head:    u32 CRC-32 of the rest · u32 format · u32 partitions · f64 last sequence · f64 last log time · f64 bytes ever appended
//   tail:    u32 CRC-32 of the rest · f64 purged through · f64 bytes ever purged
// Head and tail are two records because the gateway writes one and the worker the other.
import { PipelineError } from '@penstock/pipeline'
import { checksum } from './checksum.ts'

export const LOG_FORMAT = 1
const MESSAGE_HEAD_BYTES = 12
const HEAD_BYTES = 36
const TAIL_BYTES = 20
// LMDB keeps a value beyond about half a page in pages of its own; smaller ones share a page with a small node header.
const PAGE_BYTES = 4096
const PAGE_HEAD_BYTES = 16
const INLINE_MAX_BYTES = 2000
const NODE_BYTES = 32

export interface LogHead {
  partitions: number
  /** Highest sequence ever stored, purged or not. */
  lastSeq: number
  lastLogTime: number
  appendedBytes: number
}

export interface LogTail {
  purgedThrough: number
  purgedBytes: number
}

/** Room that a message takes in the file. */
export function storedBytes(chunkBytes: number): number {
  const value = chunkBytes + MESSAGE_HEAD_BYTES
  return value <= INLINE_MAX_BYTES
    ? value + NODE_BYTES
    : Math.ceil((value + PAGE_HEAD_BYTES) / PAGE_BYTES) * PAGE_BYTES + NODE_BYTES
}

/** Big-endian, so that the order of keys is the order of sequences. */
export function messageKey(seq: number): Buffer {
  const key = Buffer.allocUnsafe(8)
  key.writeBigUInt64BE(BigInt(seq))
  return key
}

export function encodeMessage(seq: number, logTime: number, chunk: Uint8Array): Buffer {
  // Not from Buffer's pool: LMDB's thread reads it after we return.
  const value = Buffer.allocUnsafeSlow(MESSAGE_HEAD_BYTES + chunk.length)
  value.writeDoubleLE(logTime, 4)
  value.set(chunk, MESSAGE_HEAD_BYTES)
  value.writeUInt32LE(checksum(value.subarray(4), seq >>> 0), 0)
  return value
}

export function decodeMessage(seq: number, value: Uint8Array): { logTime: number; chunk: Uint8Array } {
  const view = Buffer.from(value.buffer, value.byteOffset, value.length)
  if (view.length < MESSAGE_HEAD_BYTES || view.readUInt32LE(0) !== checksum(view.subarray(4), seq >>> 0)) {
    throw new PipelineError('corrupt', 'log', `message ${seq} of the log is damaged`)
  }
  return { logTime: view.readDoubleLE(4), chunk: view.subarray(MESSAGE_HEAD_BYTES) }
}

/** Size of the chunk inside a stored message. */
export const chunkBytesOf = (value: Uint8Array): number => value.length - MESSAGE_HEAD_BYTES

export function encodeHead(head: LogHead): Buffer {
  const value = Buffer.allocUnsafeSlow(HEAD_BYTES)
  value.writeUInt32LE(LOG_FORMAT, 4)
  value.writeUInt32LE(head.partitions, 8)
  value.writeDoubleLE(head.lastSeq, 12)
  value.writeDoubleLE(head.lastLogTime, 20)
  value.writeDoubleLE(head.appendedBytes, 28)
  value.writeUInt32LE(checksum(value.subarray(4)), 0)
  return value
}

export function decodeHead(value: Uint8Array): LogHead {
  const view = checked(value, HEAD_BYTES, 'head')
  const format = view.readUInt32LE(4)
  if (format !== LOG_FORMAT) {
    throw new PipelineError(
      'rejected',
      'log',
      `the log has format ${format}, this release reads ${LOG_FORMAT}`,
    )
  }
  return {
    partitions: view.readUInt32LE(8),
    lastSeq: view.readDoubleLE(12),
    lastLogTime: view.readDoubleLE(20),
    appendedBytes: view.readDoubleLE(28),
  }
}

export function encodeTail(tail: LogTail): Buffer {
  const value = Buffer.allocUnsafeSlow(TAIL_BYTES)
  value.writeDoubleLE(tail.purgedThrough, 4)
  value.writeDoubleLE(tail.purgedBytes, 12)
  value.writeUInt32LE(checksum(value.subarray(4)), 0)
  return value
}

export function decodeTail(value: Uint8Array | undefined): LogTail {
  if (value === undefined) return { purgedThrough: 0, purgedBytes: 0 }
  const view = checked(value, TAIL_BYTES, 'tail')
  return { purgedThrough: view.readDoubleLE(4), purgedBytes: view.readDoubleLE(12) }
}

function checked(value: Uint8Array, length: number, name: string): Buffer {
  const view = Buffer.from(value.buffer, value.byteOffset, value.length)
  if (view.length !== length || view.readUInt32LE(0) !== checksum(view.subarray(4))) {
    throw new PipelineError('corrupt', 'log', `the ${name} record of the log is damaged`)
  }
  return view
}

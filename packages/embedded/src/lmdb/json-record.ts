// Small records that are not on the hot path: `u32 CRC-32 of the rest · u32 length of the JSON · JSON · body`.
import { PipelineError } from '@penstock/pipeline'
import { checksum } from './checksum.ts'

const HEAD_BYTES = 8
const EMPTY = new Uint8Array(0)

export function encodeRecord(value: unknown, body: Uint8Array = EMPTY): Buffer {
  const json = Buffer.from(JSON.stringify(value))
  const record = Buffer.allocUnsafe(HEAD_BYTES + json.length + body.length)
  record.writeUInt32LE(json.length, 4)
  record.set(json, HEAD_BYTES)
  record.set(body, HEAD_BYTES + json.length)
  record.writeUInt32LE(checksum(record.subarray(4)), 0)
  return record
}

/** @throws PipelineError `corrupt` */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows what it stored under the key
export function decodeRecord<T>(bytes: Uint8Array): { value: T; body: Buffer } {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (record.length < HEAD_BYTES || record.readUInt32LE(0) !== checksum(record.subarray(4))) {
    throw new PipelineError('corrupt', 'state', 'a record of the state is damaged')
  }
  const bodyAt = HEAD_BYTES + record.readUInt32LE(4)
  return {
    value: JSON.parse(record.toString('utf8', HEAD_BYTES, bodyAt)) as T,
    body: Buffer.from(record.subarray(bodyAt)),
  }
}

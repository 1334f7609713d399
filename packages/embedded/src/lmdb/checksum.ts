// LMDB does not notice a flipped bit in a value, so every value carries a CRC-32 of itself and of what it must belong to.
import { crc32 } from 'node:zlib'

/** CRC-32 of `bytes`, started from `seed`: a value read under another key than its own does not match. */
export function checksum(bytes: Uint8Array, seed = 0): number {
  return crc32(bytes, seed)
}

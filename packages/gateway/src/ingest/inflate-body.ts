// Decompresses a body under its limits: 4 MiB and 100 decoded bytes per sent byte, checked by zlib while it inflates. Usual
// bodies are inflated in place (a thread-pool job costs three times as much), large ones on the thread pool, so that the
// event loop is not held up longer than by reading them. What the sender says about the size is a hint and never trusted.
import { promisify } from 'node:util'
import {
  type ZlibOptions,
  gunzip,
  gunzipSync,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
} from 'node:zlib'
import { LIMITS } from '@penstock/contract'

/** Decoded sizes up to this are inflated in place: a full batch of usual events, some 0.8 ms. */
const IN_PLACE_BYTES = 524_288
/** zlib's smallest chunk. */
const LEAST_CHUNK_BYTES = 64
const POOL_CHUNK_BYTES = 262_144

export type Inflated = Buffer | 'body_not_decodable' | 'decoded_body_too_large'

/** Most bytes that `body` may decode to. */
export const decodedLimit = (body: Buffer): number =>
  Math.min(LIMITS.maxDecodedBodyBytes, body.length * LIMITS.maxCompressionRatio)

/** Decoded size as the body itself states it (gzip's trailer), inside the limit; without a statement a guess. */
export function statedSize(body: Buffer, encoding: 'gzip' | 'deflate'): number {
  const limit = decodedLimit(body)
  if (encoding === 'deflate' || body.length < 18) return Math.min(limit, body.length * 8)
  return Math.min(limit, body.readUInt32LE(body.length - 4))
}

/** `size`: what `statedSize` said. Returns a buffer at once when the body is small, a promise otherwise. */
export function inflateBody(
  body: Buffer,
  encoding: 'gzip' | 'deflate',
  size: number,
): Inflated | Promise<Inflated> {
  if (size > IN_PLACE_BYTES || body.length > IN_PLACE_BYTES) return inflateOnPool(body, encoding)
  const limit = decodedLimit(body)
  // Room for one byte more: zlib asks for another chunk when the last one is exactly full.
  const chunkSize = Math.max(LEAST_CHUNK_BYTES, size + 1)
  try {
    return decoderInPlace(body, encoding)(body, {
      chunkSize,
      maxOutputLength: Math.min(limit, IN_PLACE_BYTES),
    })
  } catch (error) {
    if (!isTooLarge(error)) return 'body_not_decodable'
    // Larger than it said it was.
    return limit <= IN_PLACE_BYTES ? 'decoded_body_too_large' : inflateOnPool(body, encoding)
  }
}

type InPlace = (body: Buffer, options: ZlibOptions) => Buffer
type OnPool = (body: Buffer, options: ZlibOptions) => Promise<Buffer>

const gunzipOnPool: OnPool = promisify<Buffer, ZlibOptions, Buffer>(gunzip)
const inflateZlibOnPool: OnPool = promisify<Buffer, ZlibOptions, Buffer>(inflate)
const inflateRawOnPool: OnPool = promisify<Buffer, ZlibOptions, Buffer>(inflateRaw)

const decoderInPlace = (body: Buffer, encoding: 'gzip' | 'deflate'): InPlace =>
  encoding === 'gzip' ? gunzipSync : hasZlibHead(body) ? inflateSync : inflateRawSync

async function inflateOnPool(body: Buffer, encoding: 'gzip' | 'deflate'): Promise<Inflated> {
  const decode = encoding === 'gzip' ? gunzipOnPool : hasZlibHead(body) ? inflateZlibOnPool : inflateRawOnPool
  try {
    return await decode(body, { chunkSize: POOL_CHUNK_BYTES, maxOutputLength: decodedLimit(body) })
  } catch (error) {
    return isTooLarge(error) ? 'decoded_body_too_large' : 'body_not_decodable'
  }
}

/** `deflate` means zlib's format (RFC 9110 §8.4.1.2), but some clients send the bare stream. */
function hasZlibHead(body: Buffer): boolean {
  const [first = 0, second = 0] = body
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof RangeError && (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'

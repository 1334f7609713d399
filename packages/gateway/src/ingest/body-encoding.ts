// What a request's headers say about its body: how to decompress it, and which form to read. Names only; nothing is read.
import type { BodyFormat } from './read-body.ts'

const FORMATS: ReadonlyMap<string, BodyFormat> = new Map([
  ['application/json', 'json'],
  // Beacons: a page may send text/plain to another origin without a preflight.
  ['text/plain', 'json'],
  ['application/x-ndjson', 'ndjson'],
])

/** The form that a `Content-Type` names, or null for one we do not read. Parameters do not matter; without one: JSON. */
export function bodyFormat(contentType: string | undefined): BodyFormat | null {
  if (contentType === undefined || contentType === 'application/json') return 'json'
  const semicolon = contentType.indexOf(';')
  const name = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase()
  return name === '' ? 'json' : (FORMATS.get(name) ?? null)
}

export type BodyEncoding = 'none' | 'gzip' | 'deflate'

/** The compression that a `Content-Encoding` names, or null for one we do not read. */
export function bodyEncoding(contentEncoding: string | undefined): BodyEncoding | null {
  if (contentEncoding === undefined) return 'none'
  const name = contentEncoding.trim().toLowerCase()
  if (name === '') return 'none'
  return name === 'gzip' || name === 'deflate' ? name : null
}

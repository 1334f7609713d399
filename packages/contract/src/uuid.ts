// UUIDs as text and as 16 bytes. Case never matters; nil and max are no identities.

const HEX = new Int8Array(256).fill(-1)
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16)
  HEX[text.charCodeAt(0)] = digit
  HEX[text.toUpperCase().charCodeAt(0)] = digit
}

/** Reads the 36 bytes of a UUID's text at `start` into `out` at `offset`. Returns false (with `out` spoilt) when it is none. */
export function packUuid(text: Uint8Array, start: number, out: Uint8Array, offset: number): boolean {
  if (start + 36 > text.length) return false
  let at = start
  let ors = 0
  let ands = 255
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) {
      if (text[at] !== 45) return false
      at++
    }
    const high = HEX[text[at] as number] as number
    const low = HEX[text[at + 1] as number] as number
    if ((high | low) < 0) return false
    const byte = (high << 4) | low
    out[offset + index] = byte
    ors |= byte
    ands &= byte
    at += 2
  }
  return ors !== 0 && ands !== 255
}

/** The 16 bytes of a UUID's text, or null when it is no UUID (or nil, or max). */
export function parseUuid(text: string): Uint8Array | null {
  if (text.length !== 36) return null
  const codes = new Uint8Array(36)
  for (let index = 0; index < 36; index++) {
    const code = text.charCodeAt(index)
    if (code > 127) return null
    codes[index] = code
  }
  const out = new Uint8Array(16)
  return packUuid(codes, 0, out, 0) ? out : null
}

const BYTE_TEXT = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case text of the 16 bytes at `offset`. */
export function formatUuid(bytes: Uint8Array, offset = 0): string {
  let text = ''
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += '-'
    text += BYTE_TEXT[bytes[offset + index] as number] as string
  }
  return text
}

/** Milliseconds inside a UUIDv7, or null for other versions (RFC 9562 §5.7). */
export function uuidTimeMs(bytes: Uint8Array): number | null {
  if (((bytes[6] as number) & 0xf0) !== 0x70) return null
  let time = 0
  for (let index = 0; index < 6; index++) time = time * 256 + (bytes[index] as number)
  return time
}

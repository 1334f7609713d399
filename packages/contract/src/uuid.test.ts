import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { formatUuid, packUuid, parseUuid, uuidTimeMs } from './uuid.ts'

const V7 = '018f3c5e-7a10-7abc-8def-0123456789ab'

describe('uuid', () => {
  it('goes to 16 bytes and back, in lower case', () => {
    expect(Buffer.from(parseUuid(V7) ?? []).toString('hex')).toBe(V7.replaceAll('-', ''))
    expect(formatUuid(parseUuid(V7.toUpperCase()) ?? new Uint8Array(16))).toBe(V7)
    for (let round = 0; round < 1_000; round++) {
      const id = randomUUID()
      expect(formatUuid(parseUuid(id) ?? new Uint8Array(16))).toBe(id)
    }
  })
  it('reads and writes in the middle of other bytes', () => {
    const out = new Uint8Array(20).fill(7)
    expect(packUuid(Buffer.from(`xx${V7}yy`), 2, out, 2)).toBe(true)
    expect(formatUuid(out, 2)).toBe(V7)
    expect([out[0], out[1], out[18], out[19]]).toEqual([7, 7, 7, 7])
  })
  it('is neither nil nor max', () => {
    expect(parseUuid('00000000-0000-0000-0000-000000000000')).toBeNull()
    expect(parseUuid('ffffffff-ffff-ffff-ffff-ffffffffffff')).toBeNull()
    expect(parseUuid('FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF')).toBeNull()
    expect(parseUuid('00000000-0000-0000-0000-000000000001')).not.toBeNull()
    expect(parseUuid('ffffffff-ffff-ffff-ffff-fffffffffffe')).not.toBeNull()
  })
  it('has 36 characters, hyphens in four places, and hexadecimal digits elsewhere', () => {
    for (let at = 0; at < 36; at++) {
      for (const other of ['-', 'g', 'G', ' ', '/', ':', '@', '`', 'é', '\u0130']) {
        if (V7[at] === other) continue
        expect(parseUuid(V7.slice(0, at) + other + V7.slice(at + 1)), `${at} ${other}`).toBeNull()
      }
      expect(parseUuid(V7.slice(0, at) + V7.slice(at + 1))).toBeNull()
    }
    expect(packUuid(Buffer.from(V7.slice(0, 35)), 0, new Uint8Array(16), 0)).toBe(false)
  })
  it('version 7 carries milliseconds, others none', () => {
    expect(uuidTimeMs(parseUuid(V7) ?? new Uint8Array(16))).toBe(0x018f3c5e7a10)
    expect(uuidTimeMs(parseUuid(randomUUID()) ?? new Uint8Array(16))).toBeNull()
  })
})

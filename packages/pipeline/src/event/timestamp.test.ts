import { describe, expect, it } from 'vitest'
import { formatTimestamp, parseTimestamp } from './timestamp.ts'

describe('parseTimestamp', () => {
  it('reads RFC 3339 with any offset', () => {
    const time = Date.UTC(2026, 10, 22, 10, 0, 0)
    for (const text of [
      '2026-11-22T10:00:00Z',
      '2026-11-22t10:00:00z',
      '2026-11-22 10:00:00.000Z',
      '2026-11-22T11:30:00+01:30',
      '2026-11-21T23:00:00.0-11:00',
      '2026-11-22T10:00:00-00:00',
    ])
      // prettier-ignore
      expect(parseTimestamp(text), text).toBe(time)
  })
  it('cuts digits beyond milliseconds, also before 1970', () => {
    expect(parseTimestamp('2026-11-22T10:00:00.1239999Z')).toBe(Date.UTC(2026, 10, 22, 10, 0, 0, 123))
    expect(parseTimestamp('2026-11-22T10:00:00.5Z')).toBe(Date.UTC(2026, 10, 22, 10, 0, 0, 500))
    expect(parseTimestamp('1969-12-31T23:59:59.9999Z')).toBe(-1)
  })
  it('knows leap years and years below 100', () => {
    expect(parseTimestamp('2024-02-29T00:00:00Z')).toBe(Date.UTC(2024, 1, 29))
    expect(parseTimestamp('2000-02-29T00:00:00Z')).toBe(Date.UTC(2000, 1, 29))
    expect(parseTimestamp('0099-01-01T00:00:00Z')).toBe(new Date('0099-01-01T00:00:00Z').getTime())
    for (const text of [
      '2026-02-29T00:00:00Z',
      '1900-02-29T00:00:00Z',
      '2026-04-31T00:00:00Z',
      '2026-00-01T00:00:00Z',
      '2026-01-00T00:00:00Z',
    ]) {
      expect(parseTimestamp(text), text).toBeNull()
    }
  })
  it('refuses times that no clock shows, and everything without an offset', () => {
    for (const text of [
      '2026-11-22T24:00:00Z',
      '2026-11-22T10:60:00Z',
      '2026-11-22T10:00:60Z',
      '2026-11-22T10:00:00+24:00',
      '2026-11-22T10:00:00',
      '2026-11-22',
      '',
      '2026-11-22T10:00:00.Z',
      '2026-11-22T10:00Z',
      ' 2026-11-22T10:00:00Z',
      '2026-11-22T10:00:00Z\n',
      '+002026-11-22T10:00:00Z',
      '2026-11-22T10:00:00+0100',
    ])
      // prettier-ignore
      expect(parseTimestamp(text), text).toBeNull()
  })
  it('reads what formatTimestamp writes', () => {
    for (const ms of [0, 1, 1_795_341_600_123, -1, 253_402_300_799_999]) {
      expect(parseTimestamp(formatTimestamp(ms))).toBe(ms)
    }
  })
})

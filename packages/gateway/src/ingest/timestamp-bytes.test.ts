import { parseTimestamp } from '@penstock/pipeline'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTimestampBytes } from './timestamp-bytes.ts'

function byPosition(text: string): number | null {
  // In the middle of other bytes, so that reading past either end would show.
  const bytes = Buffer.from(`9${text}9`)
  const time = parseTimestampBytes(bytes, 1, bytes.length - 1)
  return Number.isNaN(time) ? null : time
}

const two = (most: number) => fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(2, '0'))
const times = fc
  .tuple(
    fc.integer({ min: 0, max: 9999 }).map((year) => String(year).padStart(4, '0')),
    fc.tuple(two(13), two(32), fc.constantFrom('T', 't', ' ', '_')),
    fc.tuple(two(25), two(61), two(61)),
    fc.oneof(
      fc.constant(''),
      fc.nat().map((fraction) => `.${fraction}`),
      fc.constant('.'),
    ),
    fc.oneof(
      fc.constantFrom('Z', 'z', '', 'ZZ', '+1:00', '+0100', '-00:00'),
      fc.tuple(fc.constantFrom('+', '-', '±'), two(25), two(61)).map(([sign, h, m]) => `${sign}${h}:${m}`),
    ),
  )
  .map(
    ([year, [month, day, t], [h, m, s], fraction, offset]) =>
      `${year}-${month}-${day}${t}${h}:${m}:${s}${fraction}${offset}`,
  )

describe('parseTimestampBytes', () => {
  it('agrees with parseTimestamp on times, possible and impossible', () => {
    let possible = 0
    fc.assert(
      fc.property(times, (text) => {
        const time = parseTimestamp(text)
        if (time !== null) possible++
        expect(byPosition(text)).toBe(time)
      }),
      { numRuns: 20_000 },
    )
    expect(possible).toBeGreaterThan(1_000)
  })
  it('agrees with parseTimestamp when one character is replaced, dropped or added', () => {
    const good = '2024-02-29T23:59:59.123456+05:30'
    for (const text of [good, '2024-02-29T23:59:59Z', '1999-12-31T00:00:00.1z']) {
      for (let at = 0; at <= text.length; at++) {
        for (const other of ['', '0', '9', '3', '-', '+', ':', '.', 'T', 'Z', ' ', 'é', '/', ';']) {
          for (const skip of [0, 1]) {
            const changed = text.slice(0, at) + other + text.slice(at + skip)
            expect(byPosition(changed), changed).toBe(parseTimestamp(changed))
          }
        }
      }
    }
  })
  it('agrees with parseTimestamp on every day of four centuries', () => {
    for (let ms = Date.UTC(1800, 0, 1); ms < Date.UTC(2200, 0, 2); ms += 86_400_000) {
      const text = new Date(ms).toISOString()
      if (byPosition(text) !== ms) expect.fail(text)
    }
    for (const year of ['0000', '0001', '0004', '0100', '0400', '9999']) {
      for (const day of ['01-01', '02-28', '02-29', '03-01', '12-31']) {
        expect(byPosition(`${year}-${day}T00:00:00Z`)).toBe(parseTimestamp(`${year}-${day}T00:00:00Z`))
      }
    }
  })
})

import { describe, expect, it } from 'vitest'
import { periodsTouching, type PeriodUnit } from './periods.ts'
import { openZone, type Zone } from './zone.ts'

const HOUR = 3_600_000
const zone = (name: string): Zone => openZone(name) as Zone
const labels = (tz: string, unit: PeriodUnit, start: string, end: string) =>
  periodsTouching(zone(tz), unit, { start: Date.parse(start), end: Date.parse(end) }).map(
    ({ label, stretches }) => `${label} ${stretches.map((one) => (one.end - one.start) / HOUR).join('+')} h`,
  )

describe('periodsTouching', () => {
  it('gives the day of 23 and the day of 25 hours', () => {
    expect(labels('Europe/Berlin', 'day', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z')).toEqual([
      '2026-03-29 23 h',
    ])
    expect(labels('Europe/Berlin', 'day', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')).toEqual([
      '2026-10-25 25 h',
    ])
  })

  it('tells the doubled hour apart by its offset and leaves the skipped one out', () => {
    expect(labels('Europe/Berlin', 'hour', '2026-10-25T00:00:00Z', '2026-10-25T03:00:00Z')).toEqual([
      '2026-10-25T02:00:00+02:00 1 h',
      '2026-10-25T02:00:00+01:00 1 h',
      '2026-10-25T03:00:00+01:00 1 h',
    ])
    expect(labels('Europe/Berlin', 'hour', '2026-03-29T00:00:00Z', '2026-03-29T02:00:00Z')).toEqual([
      '2026-03-29T01:00:00+01:00 1 h',
      '2026-03-29T03:00:00+02:00 1 h',
    ])
  })

  it('cuts the hours in which Lord Howe changes by half an hour', () => {
    expect(labels('Australia/Lord_Howe', 'hour', '2026-04-04T14:00:00Z', '2026-04-04T16:30:00Z')).toEqual([
      '2026-04-05T01:00:00+11:00 1 h',
      '2026-04-05T01:00:00+10:30 0.5 h',
      '2026-04-05T02:00:00+10:30 1 h',
    ])
    expect(labels('Australia/Lord_Howe', 'hour', '2026-10-03T14:30:00Z', '2026-10-03T16:30:00Z')).toEqual([
      '2026-10-04T01:00:00+10:30 1 h',
      '2026-10-04T02:00:00+11:00 0.5 h',
      '2026-10-04T03:00:00+11:00 1 h',
    ])
  })

  it('has no day for the date that Apia skipped, and a week of six days', () => {
    expect(labels('Pacific/Apia', 'day', '2011-12-29T11:00:00Z', '2011-12-31T10:00:00Z')).toEqual([
      '2011-12-29 24 h',
      '2011-12-31 24 h',
    ])
    expect(labels('Pacific/Apia', 'week', '2011-12-30T00:00:00Z', '2011-12-30T12:00:00Z')).toEqual([
      '2011-12-26 144 h',
    ])
  })

  it('keeps a day together that clocks went back into', () => {
    // One minute past midnight became 23:01 of the day before.
    expect(labels('America/St_Johns', 'day', '2010-11-07T02:30:00Z', '2010-11-07T04:00:00Z')).toEqual([
      `2010-11-06 24+${59 / 60} h`,
      `2010-11-07 ${1 / 60}+24 h`,
    ])
  })

  it('begins weeks on Monday and hours at full local hours', () => {
    expect(labels('UTC', 'week', '2026-11-01T00:00:00Z', '2026-11-02T00:00:00.001Z')).toEqual([
      '2026-10-26 168 h',
      '2026-11-02 168 h',
    ])
    expect(labels('Asia/Kathmandu', 'hour', '2026-11-01T00:15:00Z', '2026-11-01T00:15:00.001Z')).toEqual([
      '2026-11-01T06:00:00+05:45 1 h',
    ])
  })

  it('ends labels of UTC in Z and names the offset of every other zone', () => {
    const hour = ['2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z'] as const
    expect(labels('UTC', 'hour', ...hour)).toEqual(['2026-01-01T00:00:00Z 1 h'])
    expect(labels('Europe/London', 'hour', ...hour)).toEqual(['2026-01-01T00:00:00+00:00 1 h'])
  })

  it('sees two changes of a zone that lie a week apart', () => {
    const changes = zone('America/Boa_Vista').offsetsBetween(Date.UTC(2000, 9, 1), Date.UTC(2000, 10, 1))
    expect(changes.map(({ offsetMs }) => offsetMs / HOUR)).toEqual([-4, -3, -4])
  })
})

describe('openZone', () => {
  it.each(['', 'Nowhere/Else', '+01:00', 'UTC+1', "UTC'--", 'Z'])('knows no zone named %j', (name) => {
    expect(openZone(name)).toBeNull()
  })
})

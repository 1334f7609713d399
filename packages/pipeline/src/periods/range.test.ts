import { describe, expect, it } from 'vitest'
import { QuestionInvalidError, type RangeInput } from '../ports/questions.ts'
import { questionPeriods } from './question-periods.ts'
import { resolveRange } from './range.ts'

// 2026-11-22 23:30 in UTC is already the 23rd in Berlin.
const NOW = Date.UTC(2026, 10, 22, 23, 30)
const resolved = (input: RangeInput) => {
  const { range, query } = resolveRange(input, NOW)
  return { start: new Date(range.start).toISOString(), end: new Date(range.end).toISOString(), ...query }
}
const parameterOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof QuestionInvalidError) return error.parameter
    throw error
  }
  return 'none'
}

describe('resolveRange', () => {
  it('is the last 30 days, today included, when nothing is said', () => {
    expect(resolved({})).toEqual({
      start: '2026-10-24T00:00:00.000Z',
      end: '2026-11-23T00:00:00.000Z',
      from: '2026-10-24',
      to: '2026-11-22',
      tz: 'UTC',
    })
  })

  it('knows today in the zone that is asked for', () => {
    expect(resolved({ tz: 'Europe/Berlin' })).toMatchObject({
      from: '2026-10-25',
      to: '2026-11-23',
      start: '2026-10-24T22:00:00.000Z',
      end: '2026-11-23T23:00:00.000Z',
    })
  })

  it('goes up to today when only from is given', () => {
    expect(resolved({ from: '2026-11-20' })).toMatchObject({ from: '2026-11-20', to: '2026-11-22' })
  })

  it('is the 30 days that end with to when only to is given', () => {
    expect(resolved({ to: '2026-03-01' })).toMatchObject({ from: '2026-01-31', to: '2026-03-01' })
    expect(resolved({ to: '2026-03-02T00:00:00Z' })).toMatchObject({
      from: '2026-01-31',
      to: '2026-03-02T00:00:00.000Z',
    })
    expect(resolved({ to: '2026-03-02T00:00:00.001Z' })).toMatchObject({ from: '2026-02-01' })
  })

  it('includes a date as to and excludes a time as to', () => {
    expect(resolved({ from: '2026-11-01', to: '2026-11-01' }).end).toBe('2026-11-02T00:00:00.000Z')
    expect(resolved({ from: '2026-11-01', to: '2026-11-01T12:00:00+01:00' }).end).toBe(
      '2026-11-01T11:00:00.000Z',
    )
  })

  it.each<[string, RangeInput]>([
    ['from', { from: '2026-11-02', to: '2026-11-01' }],
    ['from', { from: '2026-11-01T00:00:00Z', to: '2026-11-01T00:00:00Z' }],
    ['from', { from: '2026-11-30' }],
    ['from', { from: '2011-12-30', to: '2011-12-30', tz: 'Pacific/Apia' }],
    ['from', { from: '2026-02-29' }],
    ['from', { from: '2026-1-1' }],
    ['from', { from: '' }],
    ['to', { to: '2026-11-01T00:00:00' }],
    ['to', { to: 'now' }],
    ['to', { to: '9999-12-31' }],
    ['tz', { tz: 'Mars/Base' }],
    ['tz', { tz: '+02:00' }],
  ])('refuses %s in %j', (parameter, input) => {
    expect(parameterOf(() => resolveRange(input, NOW))).toBe(parameter)
  })
})

describe('questionPeriods', () => {
  const periods = (input: RangeInput, interval: 'hour' | 'day' | 'week' | 'month', asOf = NOW) => {
    const { zone, range } = resolveRange(input, NOW)
    return questionPeriods(zone, interval, range, asOf).periods.map(
      ({ label, partial }) => label + (partial ? ' partial' : ''),
    )
  }

  it('marks what the range cuts and what is not over', () => {
    expect(periods({ from: '2026-11-10T00:00:00.001Z', to: '2026-11-12T23:59:59.999Z' }, 'day')).toEqual([
      '2026-11-10 partial',
      '2026-11-11',
      '2026-11-12 partial',
    ])
    expect(periods({ from: '2026-11-21', to: '2026-11-23' }, 'day')).toEqual([
      '2026-11-21',
      '2026-11-22 partial',
      '2026-11-23 partial',
    ])
    expect(periods({ from: '2026-09-01', to: '2026-11-22' }, 'month')).toEqual([
      '2026-09',
      '2026-10',
      '2026-11 partial',
    ])
  })

  it('takes a period as over at the very instant of its end', () => {
    const end = Date.UTC(2026, 10, 22)
    expect(periods({ from: '2026-11-21', to: '2026-11-21' }, 'day', end)).toEqual(['2026-11-21'])
    expect(periods({ from: '2026-11-21', to: '2026-11-21' }, 'day', end - 1)).toEqual(['2026-11-21 partial'])
  })

  it('refuses more than 10,000 periods before it builds them', () => {
    expect(periods({ from: '1999-07-09', to: '2026-11-22' }, 'day')).toHaveLength(9999)
    expect(parameterOf(() => periods({ from: '1990-01-01' }, 'day'))).toBe('interval')
    expect(parameterOf(() => periods({ from: '1999-07-05' }, 'day'))).toBe('interval')
    expect(parameterOf(() => periods({ from: '1901-01-01' }, 'hour'))).toBe('interval')
    expect(periods({ from: '1970-01-01' }, 'month')).toHaveLength(683)
  })
})

import { ClickHouseError } from '@clickhouse/client'
import { describe, expect, it } from 'vitest'
import { PipelineError } from '../errors.ts'
import { mapColdError } from './map-error.ts'

const engine = (code: number): PipelineError =>
  mapColdError(
    new ClickHouseError({ message: "Cannot parse 'secret'", code: String(code), type: 'SOME_TYPE' }),
  )

describe('mapColdError', () => {
  it.each([6, 26, 27, 38, 41, 53, 72, 117, 131, 321, 349, 376, 407, 469])('takes %d for bad data', (code) => {
    expect(engine(code)).toMatchObject({ kind: 'rejected', retryable: false })
  })

  it.each([
    [158, 'overloaded', 'memory'],
    [159, 'overloaded', 'timeout'],
    [160, 'overloaded', 'timeout'],
    [202, 'overloaded', '202'],
    [209, 'outcome_unknown', '209'],
    [210, 'outcome_unknown', '210'],
    [241, 'overloaded', 'memory'],
    [242, 'unavailable', '242'],
    [243, 'full', '243'],
    [252, 'overloaded', '252'],
    [307, 'overloaded', 'memory'],
    [394, 'outcome_unknown', '394'],
    [396, 'overloaded', 'memory'],
    [999, 'unavailable', '999'],
  ] as const)('takes %d for %s (%s), which may work later', (code, kind, driverCode) => {
    expect(engine(code)).toMatchObject({ kind, driverCode, retryable: true })
  })

  it('never drops on a code that it does not know', () => {
    for (let code = 1000; code < 1100; code++) expect(engine(code).retryable).toBe(true)
    expect(engine(60).kind).toBe('unavailable')
  })

  it('takes the fence for a fence', () => {
    expect(engine(395).kind).toBe('fenced')
  })

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH'])('knows that %s sent nothing', (code) => {
    expect(mapColdError(Object.assign(new Error('x'), { code })).kind).toBe('unavailable')
  })

  it.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', undefined])('does not know what became of %s', (code) => {
    expect(mapColdError(Object.assign(new Error('Timeout error.'), { code })).kind).toBe('outcome_unknown')
    expect(mapColdError('text').kind).toBe('outcome_unknown')
  })

  it('keeps the data out of its message and the whole error in its cause', () => {
    const mapped = engine(117)
    expect(mapped.message).toBe('The cold store answered 117 SOME_TYPE.')
    expect(mapped.cause).toBeInstanceOf(ClickHouseError)
  })

  it('leaves a translated error alone', () => {
    const error = new PipelineError('fenced', 'cold', 'x')
    expect(mapColdError(error)).toBe(error)
  })
})

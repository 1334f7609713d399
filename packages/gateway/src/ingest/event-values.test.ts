// One test per sentence of the contract (docs/api.md §2) about the values inside an event, and about warnings.
import { describe, expect, it } from 'vitest'
import { createHarness, event, eventId } from './testing/ingest-harness.ts'

const harness = createHarness()
const { answer, verdict } = harness

/** An event whose JSON has `inside` as its properties, written as given. */
const withProperties = (inside: string): string =>
  JSON.stringify(event()).replace(/\}$/, `,"properties":${inside}}`)

async function warningsOf(text: string) {
  const { accepted, warnings = [] } = await answer(`[${text}]`)
  expect(accepted).toBe(1)
  return warnings.map(({ code, field, index, event_id }) => {
    expect({ index, event_id }).toEqual({ index: 0, event_id: eventId(1) })
    return `${code} ${field ?? ''}`
  })
}

describe('numbers', () => {
  it('beyond a double refuse the event and name the path', async () => {
    for (const number of ['1e400', '-1e400', '1e309', '9'.repeat(400), '1.8e308', '0.1e310']) {
      const { rejected } = await answer(`[${withProperties(`{"a":{"b":[1,${number}]}}`)}]`)
      expect(rejected[0], number).toMatchObject({ code: 'number_out_of_range', field: 'properties.a.b.1' })
    }
  })
  it('inside a double are taken, however they are written', async () => {
    for (const number of [
      '1e308',
      '1.7976931348623157e308',
      '1e-400',
      '0e999',
      '1e00005',
      '0.0000000000000000001',
    ]) {
      expect(await warningsOf(withProperties(`{"a":${number}}`)), number).toEqual([])
    }
  })
  it('that are integers beyond 2^53 in digits give a warning with the path', async () => {
    for (const number of ['9007199254740993', '-9007199254740993', '12345678901234567890', '1'.repeat(300)]) {
      expect(await warningsOf(withProperties(`{"a":[{"id":${number}}]}`)), number).toEqual([
        'number_imprecise properties.a.0.id',
      ])
    }
    for (const number of [
      '9007199254740992',
      '-9007199254740992',
      '1e20',
      '12345678901234567890.5',
      '1234567890123456',
    ]) {
      expect(await warningsOf(withProperties(`{"id":${number}}`)), number).toEqual([])
    }
  })
  it('in a copy of a key that does not count do not matter', async () => {
    expect(await warningsOf(withProperties('{"a":1e400,"a":1}'))).toEqual([])
    expect(await warningsOf(withProperties('{"a":9007199254740993,"a":1}'))).toEqual([])
    expect(await verdict(withProperties('{"a":1,"a":1e400}'))).toBe('number_out_of_range')
  })
})

describe('texts', () => {
  it('with lone surrogates are repaired, with a warning', async () => {
    for (const text of ['\\ud800', '\\uDFFF', 'x\\ud800y', '\\udc00\\ud800', '\\ud83d\\u0041']) {
      expect(await warningsOf(withProperties(`{"a":"${text}"}`)), text).toEqual([
        'text_repaired properties.a',
      ])
    }
    expect(await warningsOf(withProperties('{"\\ud800":1}'))).toEqual(['text_repaired properties.\ufffd'])
    expect(await warningsOf(JSON.stringify(event({ event: 'x' })).replace('"x"', '"\\ud800"'))).toEqual([
      'text_repaired event',
    ])
  })
  it('with pairs, NUL or any other escape are as they are', async () => {
    expect(await warningsOf(withProperties('{"a":"\\ud83d\\ude00 \\u0000 \\/ \\u00e9"}'))).toEqual([])
    expect(await verdict(event({ user_id: 'a\u0000b' }))).toBe('accepted')
  })
})

describe('keys', () => {
  it('__proto__ and constructor are data', async () => {
    const before = harness.events().length
    const text = withProperties('{"__proto__":{"admin":true},"constructor":{"prototype":1}}')
    expect(await warningsOf(text)).toEqual([])
    expect(Buffer.from(harness.events()[before]?.bytes ?? []).toString()).toBe(text)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })
  it('that are no field are named in warnings, unless null', async () => {
    expect(await warningsOf(JSON.stringify(event({ foo: 1, bar: null, baz: {} })))).toEqual([
      'unknown_field foo',
      'unknown_field baz',
    ])
    expect(await warningsOf(JSON.stringify(event()).replace('{', '{"__proto__":{"user_id":1},'))).toEqual([
      'unknown_field __proto__',
    ])
    expect(
      await warningsOf(JSON.stringify(event()).replace('{', '{"f\\u006fo":1,"foo":2,"x":1,"x":null,')),
    ).toEqual(['unknown_field foo'])
  })
})

describe('warnings', () => {
  it('are absent when there are none, and at most 100', async () => {
    expect(await answer([event()])).not.toHaveProperty('warnings')
    const many = Array.from({ length: 150 }, (_, index) => event({ foo: 1 }, index))
    expect((await answer(many)).warnings).toHaveLength(100)
  })
  it('are about accepted events only', async () => {
    const old = event({ foo: 1, timestamp: '2020-01-01T00:00:00Z' })
    expect(await answer([old, event({ bar: 1 }, 2)])).toMatchObject({
      rejected: [{ index: 0, code: 'timestamp_too_old' }],
      warnings: [{ index: 1, event_id: eventId(2), code: 'unknown_field', field: 'bar' }],
    })
  })
})

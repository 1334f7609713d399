// One test per sentence of the contract (docs/api.md §2) about bodies: forms, types, limits, clocks.
import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE, NOW, createHarness, event, eventId, iso } from './testing/ingest-harness.ts'

const harness = createHarness()
const { send, answer, verdict } = harness

async function codeOf(body: unknown, request?: Parameters<typeof send>[1]): Promise<string> {
  const outcome = await send(body, request)
  return outcome.kind === 'refused' ? outcome.code : String(outcome.status)
}
const ndjson = { contentType: 'application/x-ndjson' }

describe('forms', () => {
  it('takes one event, an array, and an envelope', async () => {
    for (const body of [
      event(),
      [event()],
      { events: [event()] },
      { sent_at: iso(NOW), events: [event()] },
    ]) {
      expect(await answer(body)).toMatchObject({
        status: 202,
        accepted: 1,
        rejected: [],
        request_id: 'req-1',
      })
    }
  })
  it('takes JSON without a type, with parameters, as text/plain, in any case', async () => {
    for (const contentType of [
      undefined,
      '',
      'application/json; charset=utf-8',
      'TEXT/plain',
      'Application/JSON',
    ]) {
      expect(await codeOf([event()], { contentType })).toBe('202')
    }
    for (const contentType of [
      'application/xml',
      'text/html',
      'application/x-www-form-urlencoded',
      'json',
      'a/b;c',
    ]) {
      expect(await codeOf([event()], { contentType })).toBe('content_type_unsupported')
    }
  })
  it('an unknown field of an event is not the mark of an envelope', async () => {
    expect(await answer(event({ events: [1] }))).toMatchObject({
      accepted: 1,
      warnings: [{ index: 0, code: 'unknown_field', field: 'events' }],
    })
    expect(await answer(`{"events":[1],${JSON.stringify(event()).slice(1)}`)).toMatchObject({ accepted: 1 })
  })
  it('an object with a type and no list of events is an event, also when its id is missing', async () => {
    const single = event({ event_id: undefined })
    for (const more of [
      { sent_at: iso(NOW) },
      { events: 5 },
      { events: {} },
      { sent_at: 'x', events: null },
    ]) {
      for (const body of [
        { ...single, ...more },
        { ...more, ...single },
      ]) {
        expect(await answer(body)).toMatchObject({
          status: 422,
          accepted: 0,
          rejected: [{ index: 0, code: 'event_id_missing' }],
        })
      }
    }
    expect(await answer({ type: 'track', events: [event()] })).toMatchObject({
      accepted: 1,
      warnings: [{ code: 'unknown_field', field: 'type' }],
    })
    expect(await codeOf({ type: null, sent_at: iso(NOW) })).toBe('body_not_events')
  })
  it('names unknown fields of the envelope without an index', async () => {
    const { warnings } = await answer({ foo: 1, sent_at: iso(NOW), events: [event()], bar: null })
    expect(warnings).toEqual([{ code: 'unknown_field', field: 'foo' }])
  })
  it('warns of the body as a whole however many warnings its events have', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 100 }, (_, key) => [`unknown_${key}`, 1]))
    const whole = [{ code: 'sent_at_invalid' }, { code: 'unknown_field', field: 'foo' }]
    const { warnings } = await answer({ foo: 1, sent_at: 'yesterday', events: [event(unknown)] })
    expect(warnings).toHaveLength(100)
    expect(warnings?.slice(0, 3)).toEqual([
      ...whole,
      { index: 0, event_id: eventId(1), code: 'unknown_field', field: 'unknown_0' },
    ])
    const one = await answer({ ...event(unknown), sent_at: 'yesterday' })
    expect(one.warnings?.[0]).toEqual({ code: 'sent_at_invalid' })
    const tooMany = await answer({ ...unknown, sent_at: 'yesterday', events: [event()] })
    expect(tooMany.warnings).toHaveLength(100)
    expect(tooMany.warnings?.[0]).toEqual({ code: 'sent_at_invalid' })
    const corrected = await harness.answer(
      { foo: 1, sent_at: 'yesterday', events: [event({ ...unknown, timestamp: iso(NOW - HOUR) })] },
      { sentAt: NOW - HOUR },
    )
    expect(corrected.warnings?.slice(0, 2)).toEqual(whole)
    expect(corrected.warnings?.map(({ code }) => code)).toContain('clock_corrected')
  })
  it('the last copy of a key of the envelope counts', async () => {
    expect(await answer(`{"events":[1,2],"events":[${JSON.stringify(event())}]}`)).toMatchObject({
      accepted: 1,
    })
    expect(await codeOf(`{"events":[${JSON.stringify(event())}],"events":7}`)).toBe('body_not_events')
    expect(await answer(`{"\\u0065vents":[${JSON.stringify(event())}]}`)).toMatchObject({ accepted: 1 })
  })
  it('says why a body is unreadable', async () => {
    for (const body of ['', ' \n ', '[]', '{"events":[]}', '[ ]'])
      expect(await codeOf(body)).toBe('body_empty')
    for (const body of [
      '5',
      '"x"',
      'null',
      'true',
      '{"events":5}',
      '{"events":{}}',
      `{"sent_at":"${iso(NOW)}"}`,
    ]) {
      expect(await codeOf(body)).toBe('body_not_events')
    }
    for (const body of [
      '{',
      '[',
      '[{}',
      '[{},]',
      '{"events":[{}]',
      'x',
      '[1]]',
      '{}{}',
      '\ufeff[]',
      "{'a':1}",
    ]) {
      expect(await codeOf(body), body).toBe('body_not_json')
    }
    expect(await codeOf(Buffer.from([0x22, 0xff, 0x22]))).toBe('body_not_utf8')
    expect(await codeOf(Buffer.from('{"a":"\xed\xa0\x80"}', 'latin1'))).toBe('body_not_utf8')
  })
  it('a refused entry never harms its neighbours', async () => {
    const { status, accepted, rejected } = await answer([
      event(),
      5,
      null,
      [],
      'x',
      event({ type: 'x' }),
      event({}, 2),
    ])
    expect({ status, accepted }).toEqual({ status: 202, accepted: 2 })
    expect(rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'event_not_object'], [2, 'event_not_object'], [3, 'event_not_object'], [4, 'event_not_object'],
      [5, 'type_unknown'],
    ]) // prettier-ignore
  })
  it('answers 422 with the same body when all are refused', async () => {
    expect(await answer([{}])).toMatchObject({
      status: 422,
      accepted: 0,
      rejected: [{ code: 'event_id_missing' }],
    })
    expect(await answer('{}')).toMatchObject({ status: 422, rejected: [{ index: 0 }] })
  })
  it('counts two copies of one event in one body both', async () => {
    expect(await answer([event(), event()])).toMatchObject({ accepted: 2 })
  })
})

describe('NDJSON', () => {
  const line = JSON.stringify(event())
  it('takes one event a line; blank lines do not count; broken ones are refused alone', async () => {
    const body = `\n${line}\r\n \t\n{"a":\n[${line}]\n5\n${line} x\n${JSON.stringify(event({}, 2))}`
    const { accepted, rejected } = await answer(body, ndjson)
    expect(accepted).toBe(2)
    expect(rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'event_not_json'], [2, 'event_not_object'], [3, 'event_not_object'], [4, 'event_not_json'],
    ]) // prettier-ignore
  })
  it('is empty without lines, and holds at most 2,500', async () => {
    expect(await codeOf('\n \n', ndjson)).toBe('body_empty')
    expect(await answer(`${line}\n`.repeat(2_500), ndjson)).toMatchObject({ accepted: 2_500 })
    expect(await codeOf(`${line}\n`.repeat(2_501), ndjson)).toBe('too_many_events')
  })
})

describe('limits', () => {
  const nested = (depth: number): string => '{"a":'.repeat(depth - 1) + '{}' + '}'.repeat(depth - 1)
  const withProperties = (text: string): string =>
    JSON.stringify(event()).replace(/\}$/, `,"properties":${text}}`)
  const keys = (count: number): string =>
    `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join(',')}}`

  it('2,500 events', async () => {
    const many = Array.from({ length: 2_501 }, () => 0)
    expect(await codeOf(many)).toBe('too_many_events')
    expect(await codeOf({ events: many })).toBe('too_many_events')
    expect(await answer(many.slice(1))).toMatchObject({ status: 422, accepted: 0 })
  })
  it('32 KiB of JSON in UTF-8 an event', async () => {
    const padded = (bytes: number): string => {
      const empty = JSON.stringify(event({ properties: { é: '' } }))
      return empty.replace('é":"', 'é":"' + 'x'.repeat(bytes - Buffer.byteLength(empty)))
    }
    expect(Buffer.byteLength(padded(32_768))).toBe(32_768)
    expect(await verdict(padded(32_768))).toBe('accepted')
    expect(await verdict(padded(32_769))).toBe('event_too_large')
    expect(await answer(` [ ${padded(32_768)} , ${padded(32_769)} ] `)).toMatchObject({ accepted: 1 })
  })
  it('16 levels, the event being the first', async () => {
    expect(await verdict(withProperties(nested(15)))).toBe('accepted')
    expect(await verdict(withProperties(nested(16)))).toBe('too_deep')
    expect(await verdict(withProperties(`{"a":${'['.repeat(14)}${']'.repeat(14)}}`))).toBe('accepted')
    expect(await verdict(withProperties(`{"a":${'['.repeat(15)}${']'.repeat(15)}}`))).toBe('too_deep')
    expect(await answer({ events: [JSON.parse(withProperties(nested(15)))] })).toMatchObject({ accepted: 1 })
  })
  it('255 keys an object', async () => {
    expect(await verdict(withProperties(keys(255)))).toBe('accepted')
    expect(await verdict(withProperties(keys(256)))).toBe('too_many_keys')
    expect(await verdict(withProperties(`{"a":${keys(255)},"b":[${keys(255)},${keys(255)}]}`))).toBe(
      'accepted',
    )
    expect(await verdict(withProperties(`{"a":[${keys(256)}]}`))).toBe('too_many_keys')
    const fill = (count: number): string =>
      JSON.stringify(event()).replace('{', keys(count).slice(0, -1) + ',')
    expect(await verdict(fill(251))).toBe('accepted')
    expect(await verdict(fill(252))).toBe('too_many_keys')
    expect(await answer(fill(252))).toMatchObject({ rejected: [{ code: 'too_many_keys' }] })
  })
  it('128 bytes a key, in UTF-8, whatever its escapes', async () => {
    for (const key of [
      'x'.repeat(128),
      'é'.repeat(64),
      '\\u0061'.repeat(128),
      '\\u00e9'.repeat(64),
      '\\ud83d\\ude00'.repeat(32),
      '\\n'.repeat(128),
      '\\ud800'.repeat(42),
    ]) {
      // prettier-ignore
      expect(await verdict(withProperties(`{"${key}":1}`)), key).toBe('accepted')
      expect(
        await verdict(withProperties(`{"${key}x${key.startsWith('\\ud800') ? 'xx' : ''}":1}`)),
        key,
      ).toBe('key_too_long')
    }
    expect(await verdict(JSON.stringify(event({ ['x'.repeat(129)]: 1 })))).toBe('key_too_long')
  })
  it('names the event that broke one, and takes its neighbours', async () => {
    const bad = JSON.stringify(event({}, 7)).replace(/\}$/, `,"properties":${nested(1_000)}}`)
    expect(await answer(`[${JSON.stringify(event())},${bad},${JSON.stringify(event({}, 2))}]`)).toMatchObject(
      {
        accepted: 2,
        rejected: [{ index: 1, event_id: eventId(7), code: 'too_deep' }],
      },
    )
  })
  it('1 MiB as sent', async () => {
    const fill = (bytes: number): string => ' '.repeat(bytes - 2) + '[]'
    expect(await codeOf(fill(1_048_576))).toBe('body_empty')
    expect(await codeOf(fill(1_048_577))).toBe('body_too_large')
  })
})

describe('event time', () => {
  const lastTime = (): number => harness.events().at(-1)?.eventTime ?? NaN

  it('is the timestamp, cut to milliseconds, or the time of receipt', async () => {
    await answer([event({ timestamp: '2026-11-22T10:30:00.123999+01:00' })])
    expect(lastTime()).toBe(Date.parse('2026-11-22T09:30:00.123Z'))
    await answer([event()])
    expect(lastTime()).toBe(NOW)
    expect(harness.events().at(-1)?.receivedAt).toBe(NOW)
  })
  it('is corrected when sent_at is more than 10 minutes off, to the millisecond, with a warning', async () => {
    const body = (offset: number) => ({
      sent_at: iso(NOW + offset),
      events: [event({ timestamp: iso(NOW + offset - 5_001) })],
    })
    for (const offset of [10 * MINUTE + 1, -10 * MINUTE - 1, 40 * DAY, -400 * DAY]) {
      const { warnings } = await answer(body(offset))
      expect(lastTime()).toBe(NOW - 5_001)
      expect(warnings).toEqual([{ index: 0, event_id: eventId(1), code: 'clock_corrected' }])
    }
    for (const offset of [10 * MINUTE, -10 * MINUTE]) {
      expect(await answer(body(offset))).not.toHaveProperty('warnings')
      expect(lastTime()).toBe(NOW + offset - 5_001)
    }
  })
  it('is corrected by what was said beside the body, unless the body says it, too', async () => {
    const late = { events: [event({ timestamp: iso(NOW - 2 * HOUR) })] }
    const beside = { sentAt: NOW - HOUR }
    expect((await harness.answer(late, beside)).warnings).toHaveLength(1)
    expect(lastTime()).toBe(NOW - HOUR)
    expect((await harness.answer([event({ timestamp: iso(NOW - 2 * HOUR) })], beside)).warnings).toHaveLength(
      1,
    )
    expect(await harness.answer({ ...late, sent_at: iso(NOW) }, beside)).not.toHaveProperty('warnings')
    expect(await harness.answer(late, { sentAt: NaN })).not.toHaveProperty('warnings')
  })
  it('is corrected wherever sent_at stands in the body, and without a timestamp stays the time of receipt', async () => {
    const late = {
      events: [event({ timestamp: iso(NOW - 2 * HOUR) }), event({}, 2)],
      sent_at: iso(NOW - HOUR),
    }
    expect((await answer(late)).warnings).toHaveLength(1)
    expect(
      harness
        .events()
        .slice(-2)
        .map(({ eventTime }) => eventTime),
    ).toEqual([NOW - HOUR, NOW])
    const single = { ...event({ timestamp: iso(NOW - 2 * HOUR) }), sent_at: iso(NOW - HOUR) }
    expect((await answer(single)).warnings).toEqual([
      { index: 0, event_id: eventId(1), code: 'clock_corrected' },
    ])
    expect(lastTime()).toBe(NOW - HOUR)
  })
  it('decides the window after the correction', async () => {
    const sent_at = iso(NOW - 2 * HOUR)
    const at = (ms: number) => answer({ sent_at, events: [event({ timestamp: iso(ms - 2 * HOUR) })] })
    expect(await at(NOW - 30 * DAY)).toMatchObject({ accepted: 1 })
    expect(await at(NOW - 30 * DAY - 1)).toMatchObject({
      rejected: [{ code: 'timestamp_too_old', event_id: eventId(1) }],
    })
    expect(await at(NOW + HOUR)).toMatchObject({ accepted: 1 })
    expect(await at(NOW + HOUR + 1)).toMatchObject({ rejected: [{ code: 'timestamp_in_future' }] })
  })
  it('ignores an unreadable sent_at with a warning, and a null one without', async () => {
    for (const sent_at of ['yesterday', 5, {}, '']) {
      expect((await answer({ sent_at, events: [event()] })).warnings).toEqual([{ code: 'sent_at_invalid' }])
    }
    expect(await answer({ sent_at: null, events: [event()] })).not.toHaveProperty('warnings')
  })
  it('of an import is any since 1970 and is not corrected', async () => {
    const road = { road: 'import' } as const
    expect(await verdict(event({ timestamp: '1970-01-01T00:00:00.000Z' }), road)).toBe('accepted')
    expect(harness.events().at(-1)).toMatchObject({ road: 'import', eventTime: 0 })
    expect(await verdict(event({ timestamp: '1969-12-31T23:59:59.999Z' }), road)).toBe('timestamp_too_old')
    expect(await verdict(event({ timestamp: iso(NOW + HOUR + 1) }), road)).toBe('timestamp_in_future')
    const body = { sent_at: iso(NOW - DAY), events: [event({ timestamp: iso(NOW - 2 * DAY) })] }
    expect(await answer(body, road)).not.toHaveProperty('warnings')
    expect(lastTime()).toBe(NOW - 2 * DAY)
  })
})

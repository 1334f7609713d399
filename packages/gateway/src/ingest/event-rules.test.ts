// One test per sentence of the contract (docs/api.md §2) about one event. Each rule is checked on the way that usual events
// take, and again with the same values written in escapes, which takes the exact way.
import { describe, expect, it } from 'vitest'
import { HOUR, DAY, NOW, createHarness, event, eventId, iso } from './testing/ingest-harness.ts'

const { verdict, answer } = createHarness()

/** The event's JSON with the first letter of every top-level key and text written as `\u00XX`. */
const escaped = (value: object): string =>
  JSON.stringify(value).replace(
    /(?<=^\{"|,"|:")[a-zA-Z]/g,
    (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`,
  )

async function both(fields: Record<string, unknown>): Promise<string> {
  const plain = await verdict(event(fields))
  const exact = await verdict(escaped(event(fields)))
  expect(exact, 'the exact way agrees').toBe(plain)
  return plain
}

const chars = (count: number): string => '😀'.repeat(count)

describe('event_id', () => {
  it('is required', async () => {
    expect(await both({ event_id: undefined })).toBe('event_id_missing')
    expect(await both({ event_id: null })).toBe('event_id_missing')
  })
  it('is a UUID of any version, in any case', async () => {
    for (const id of [eventId(1), eventId(1).toUpperCase(), '6ba7b810-9dad-11d1-80b4-00c04fd430c8']) {
      expect(await both({ event_id: id })).toBe('accepted')
    }
  })
  it('is neither nil nor max nor anything else', async () => {
    const nil = '00000000-0000-0000-0000-000000000000'
    for (const id of [
      nil,
      nil.replaceAll('0', 'f'),
      nil.replaceAll('0', 'F'),
      '',
      'x',
      5,
      {},
      eventId(1) + ' ',
      eventId(1).replaceAll('-', ''),
      eventId(1).slice(1),
      `{${eventId(1)}}`,
      eventId(1).replace('8', 'g'),
    ])
      // prettier-ignore
      expect(await both({ event_id: id })).toBe('event_id_invalid')
  })
})

describe('type', () => {
  it('is required and one of six', async () => {
    expect(await both({ type: undefined })).toBe('type_missing')
    expect(await both({ type: null })).toBe('type_missing')
    for (const type of ['tracks', 'Track', '', 5, [], 'pages', 'x'.repeat(200)]) {
      expect(await both({ type })).toBe('type_unknown')
    }
    for (const type of ['track', 'identify', 'page', 'screen', 'group', 'alias']) {
      expect(await both({ type, previous_id: 'anon-1', group_id: 'g-1' })).toBe('accepted')
    }
  })
})

describe('event and name', () => {
  it('track needs an event of 1–200 characters, counted as code points', async () => {
    expect(await both({ event: undefined })).toBe('event_name_missing')
    expect(await both({ event: null })).toBe('event_name_missing')
    expect(await both({ event: '' })).toBe('event_name_missing')
    expect(await both({ event: 'x' })).toBe('accepted')
    expect(await both({ event: 'x'.repeat(200) })).toBe('accepted')
    expect(await both({ event: 'x'.repeat(201) })).toBe('event_name_too_long')
    expect(await both({ event: chars(200) })).toBe('accepted')
    expect(await both({ event: chars(201) })).toBe('event_name_too_long')
    expect(await both({ event: 5 })).toBe('field_invalid')
    expect(await both({ type: 'page', event: undefined })).toBe('accepted')
  })
  it('name is optional and has at most 200 characters', async () => {
    expect(await both({ type: 'page', name: chars(200) })).toBe('accepted')
    expect(await both({ type: 'page', name: chars(201) })).toBe('field_invalid')
    expect(await both({ type: 'page', name: true })).toBe('field_invalid')
    expect(await both({ type: 'page', name: null })).toBe('accepted')
  })
})

describe('timestamp', () => {
  it('holds from 30 days ago to an hour ahead, to the millisecond', async () => {
    expect(await both({ timestamp: iso(NOW - 30 * DAY) })).toBe('accepted')
    expect(await both({ timestamp: iso(NOW - 30 * DAY - 1) })).toBe('timestamp_too_old')
    expect(await both({ timestamp: iso(NOW + HOUR) })).toBe('accepted')
    expect(await both({ timestamp: iso(NOW + HOUR + 1) })).toBe('timestamp_in_future')
    expect(await both({ timestamp: null })).toBe('accepted')
  })
  it('must be possible and have an offset', async () => {
    for (const timestamp of [
      '2026-11-22T10:00:00',
      '2026-02-30T10:00:00Z',
      '2026-11-22',
      5,
      '',
      'now',
      {},
      '2026-11-22T24:00:00Z',
      '2026-11-22T10:00:60Z',
      '2026-13-01T00:00:00Z',
      iso(NOW) + ' ',
    ])
      // prettier-ignore
      expect(await both({ timestamp })).toBe('timestamp_invalid')
    for (const timestamp of [
      '2026-11-22T11:00:00.1239999+01:00',
      '2026-11-22t10:00:00z',
      '2026-11-22 10:00:00Z',
    ]) {
      expect(await both({ timestamp })).toBe('accepted')
    }
  })
})

describe('identity', () => {
  it('needs a user_id or an anonymous_id', async () => {
    expect(await both({ user_id: undefined })).toBe('identity_missing')
    expect(await both({ user_id: null, anonymous_id: null })).toBe('identity_missing')
    expect(await both({ user_id: undefined, anonymous_id: 'a-1' })).toBe('accepted')
  })
  it('identify and alias need user_id, alias previous_id, group group_id', async () => {
    expect(await both({ type: 'identify', user_id: undefined, anonymous_id: 'a-1' })).toBe('user_id_missing')
    expect(await both({ type: 'alias', user_id: null, anonymous_id: 'a', previous_id: 'p' })).toBe(
      'user_id_missing',
    )
    expect(await both({ type: 'alias' })).toBe('previous_id_missing')
    expect(await both({ type: 'group' })).toBe('group_id_missing')
    expect(await both({ type: 'group', group_id: 'g' })).toBe('accepted')
  })
  it.each(['user_id', 'anonymous_id', 'previous_id', 'group_id'])(
    '%s has 1–255 characters',
    async (field) => {
      expect(await both({ [field]: chars(255) })).toBe('accepted')
      expect(await both({ [field]: chars(256) })).toBe('field_invalid')
      expect(await both({ [field]: 'x'.repeat(255) })).toBe('accepted')
      expect(await both({ [field]: 'x'.repeat(256) })).toBe('field_invalid')
      expect(await both({ [field]: 42 })).toBe('field_invalid')
    },
  )
  it.each(['user_id', 'anonymous_id', 'previous_id', 'group_id'])(
    '%s is no programming mistake',
    async (field) => {
      for (const id of [
        'null',
        'undefined',
        'none',
        'nan',
        'true',
        'false',
        '0',
        '[object Object]',
        '',
        ' ',
        '\t\n',
        'NULL',
        'NaN',
        '[OBJECT OBJECT]',
        ' null ',
        '\u00a0',
        '\u3000None\u2003',
        'UndefineD',
      ])
        // prettier-ignore
        expect(await both({ [field]: id }), JSON.stringify(id)).toBe('id_illegal')
      for (const id of ['nul', '00', 'null1', 'nonenone', 'x null', 'undefine', 'é', '[object Object]s']) {
        expect(await both({ [field]: id }), id).toBe('accepted')
      }
    },
  )
})

describe('the other fields', () => {
  it('session_id has at most 128 characters', async () => {
    expect(await both({ session_id: chars(128) })).toBe('accepted')
    expect(await both({ session_id: chars(129) })).toBe('field_invalid')
    expect(await both({ session_id: 7 })).toBe('field_invalid')
  })
  it('seq is an integer ≥ 0', async () => {
    for (const seq of [0, 1, 2 ** 31, 2 ** 53 - 1, null]) expect(await both({ seq })).toBe('accepted')
    for (const seq of [-1, 1.5, 2 ** 53, 1e21, 1e300, '1', true, {}])
      expect(await both({ seq })).toBe('field_invalid')
    for (const seq of ['1.0', '1e3', '-0', '10e-1']) {
      expect(await verdict(JSON.stringify(event()).replace('{', `{"seq":${seq},`))).toBe('accepted')
    }
    for (const seq of ['-1', '1e-1', '-1e5']) {
      expect(await verdict(JSON.stringify(event()).replace('{', `{"seq":${seq},`))).toBe('field_invalid')
    }
  })
  it.each(['properties', 'traits', 'context'])('%s is an object', async (field) => {
    expect(await both({ [field]: {} })).toBe('accepted')
    expect(await both({ [field]: null })).toBe('accepted')
    for (const value of [[], 'x', 1, true]) expect(await both({ [field]: value })).toBe('field_invalid')
  })
  it('says which field is invalid and which event it was', async () => {
    const { rejected, status } = await answer([event(), event({ session_id: 7 }, 2)])
    expect(status).toBe(202)
    expect(rejected).toMatchObject([
      { index: 1, event_id: eventId(2), code: 'field_invalid', field: 'session_id' },
    ])
    expect(rejected[0]?.message).toContain('128')
  })
  it('the last copy of a key counts', async () => {
    const text = JSON.stringify(event())
    expect(await verdict(text.replace('{', '{"user_id":5,'))).toBe('accepted')
    expect(await verdict(text.replace(/\}$/, ',"user_id":5}'))).toBe('field_invalid')
    expect(await verdict(text.replace(/\}$/, ',"user_id":null}'))).toBe('identity_missing')
    expect(await verdict(text.replace(/\}$/, ',"user\\u005fid":null}'))).toBe('identity_missing')
  })
})

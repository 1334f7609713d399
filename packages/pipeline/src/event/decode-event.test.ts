import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEvent } from './decode-event.ts'
import { bytesHash, contentText } from './event-content.ts'
import { storedEvent } from './stored-event.ts'

const ID = '018f3c5e-7a10-7abc-8def-0123456789ab'
const decode = (text: string) => decodeEvent(Buffer.from(text))
const event = (inside: string): string =>
  `{"event_id":"${ID}","type":"track","event":"x","user_id":"u"${inside}}`

describe('decodeEvent', () => {
  it("keeps the contract's fields only, in the contract's order", () => {
    expect(Object.keys(decode(`{"foo":1,"user_id":"u","sent_at":"x","type":"track","event_id":"${ID}"}`))).toEqual(['event_id', 'type', 'user_id']) // prettier-ignore
  })
  it('takes null as absent and the last copy of a key', () => {
    expect(decode(event(',"name":null,"seq":1,"seq":2'))).toEqual({ event_id: ID, type: 'track', event: 'x', user_id: 'u', seq: 2 }) // prettier-ignore
    expect(decode(event(',"user_id":null'))).not.toHaveProperty('user_id')
  })
  it('keeps null inside properties', () => {
    expect(decode(event(',"properties":{"a":null}')).properties).toEqual({ a: null })
  })
  it('writes the id in lower case', () => {
    expect(decode(event('').replace(ID, ID.toUpperCase())).event_id).toBe(ID)
  })
  it('repairs lone surrogates in values and keys, and leaves pairs alone', () => {
    expect(
      decode(event(',"properties":{"\\ud800":"a\\udfffb","ok":"\\ud83d\\ude00"},"name":"\\uDBFF"')),
    ).toMatchObject({
      name: '\ufffd',
      properties: { '\ufffd': 'a\ufffdb', ok: '😀' },
    })
  })
  it('keeps __proto__ and constructor as data, also while it repairs', () => {
    for (const surrogate of ['', ',"x":"\\ud800"']) {
      const { properties } = decode(event(`,"properties":{"__proto__":{"a":1},"constructor":2${surrogate}}`))
      expect(Object.hasOwn(properties ?? {}, '__proto__')).toBe(true)
      expect(JSON.stringify(properties)).toContain('"__proto__":{"a":1},"constructor":2')
      expect(Object.getPrototypeOf(properties)).toBe(Object.prototype)
    }
    expect(decode(event('').replace('{', '{"__proto__":{"name":"evil"},'))).not.toHaveProperty('name')
  })
  it('throws for what is no JSON object', () => {
    for (const text of ['[]', 'null', '5', '{', '']) expect(() => decode(text), text).toThrow(SyntaxError)
  })
})

describe('contentText', () => {
  const content = (inside: string): string => contentText(decode(event(inside)))

  it('is the same whatever the order of keys and the spelling of numbers, strings and times', () => {
    const a = content(
      ',"seq":1,"timestamp":"2026-11-22T10:00:00Z","properties":{"a":[1.0,"é"],"b":{"c":1e2,"d":null}}',
    )
    const b = content(',"properties":{"b":{"d":null,"c":100},"a":[1,"\\u00e9"]},"timestamp":"2026-11-22T11:00:00.0009+01:00","seq":1.0') // prettier-ignore
    expect(b).toBe(a)
    expect(contentText(decode(event('').replace(ID, ID.toUpperCase())))).toBe(contentText(decode(event(''))))
  })
  it('differs for other values, and for a timestamp that is absent', () => {
    const texts = ['', ',"timestamp":"2026-11-22T10:00:00Z"', ',"timestamp":"2026-11-22T10:00:00.001Z"', ',"seq":0', ',"seq":1',
      ',"properties":{}', ',"properties":{"a":1}', ',"properties":{"a":"1"}', ',"properties":{"a":[1]}', ',"properties":{"a":null}',
      ',"properties":{"a":[1,2]}', ',"properties":{"a":[2,1]}', ',"traits":{"a":1}'].map(content) // prettier-ignore
    expect(new Set(texts).size).toBe(texts.length)
  })
  it('does not depend on unknown fields and nulls', () => {
    expect(content(',"foo":1,"sent_at":"x","name":null')).toBe(content(''))
  })
  it('is equal exactly for equal properties, whatever the order they are written in', () => {
    const shuffled = (value: unknown): unknown =>
      Array.isArray(value) ? value.map(shuffled)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).reverse().map(([key, item]) => [key, shuffled(item)]))
        : value // prettier-ignore
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (one, other) => {
          const text = (value: unknown): string => content(`,"properties":${JSON.stringify(value)}`)
          // JSON text knows no -0 and drops __proto__ set by assignment; compare what was really written.
          const [a, b] = [JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other))] as unknown[]
          expect(text(shuffled(a))).toBe(text(a))
          let same = true
          try {
            expect(a).toStrictEqual(b)
          } catch {
            same = false
          }
          expect(text(a) === text(b)).toBe(same)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('bytesHash', () => {
  it('is 16 bytes of SHA-256, a stored fact', () => {
    expect(Buffer.from(bytesHash(Buffer.from('abc'))).toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223',
    )
  })
})

describe('storedEvent', () => {
  const row = { eventTime: Date.UTC(2026, 10, 22, 10), receivedAt: Date.UTC(2026, 10, 22, 10, 0, 1) }

  it('always has the event time and the time of receipt', () => {
    expect(storedEvent({ ...row, bytes: Buffer.from(event(',"foo":1')) })).toEqual({
      event_id: ID,
      type: 'track',
      event: 'x',
      user_id: 'u',
      timestamp: '2026-11-22T10:00:00.000Z',
      received_at: '2026-11-22T10:00:01.000Z',
    })
  })
  it('shows the timestamp sent only when it differs', () => {
    const show = (timestamp: string) =>
      storedEvent({ ...row, bytes: Buffer.from(event(`,"timestamp":"${timestamp}"`)) })
    expect(show('2026-11-22T11:00:00.0001+01:00')).not.toHaveProperty('original_timestamp')
    expect(show('2026-11-20T10:00:00Z')).toMatchObject({
      timestamp: '2026-11-22T10:00:00.000Z',
      original_timestamp: '2026-11-20T10:00:00.000Z',
    })
  })
})

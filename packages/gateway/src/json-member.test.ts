import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonMember } from './json-member.ts'

const find = (text: string, name: string) => {
  const bytes = jsonMember(Buffer.from(text), name)
  return bytes === null ? null : Buffer.from(bytes).toString()
}

describe('jsonMember', () => {
  it('gives the bytes as they were written', () => {
    expect(find('{ "a" : 1 , "event" : { "n": 1e400, "s": "}\\"" } }', 'event')).toBe(
      '{ "n": 1e400, "s": "}\\"" }',
    )
  })

  it('takes the last of a repeated name, in any spelling', () => {
    expect(find('{"event":1,"ev\\u0065nt":[2,{"event":3}]}', 'event')).toBe('[2,{"event":3}]')
  })

  it('finds nothing in an empty object', () => expect(find('{}', 'event')).toBeNull())

  it('agrees with JSON.parse for any object and any member', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(2), (object, indent) => {
        const text = JSON.stringify(object, null, indent)
        const parsed = JSON.parse(text) as Record<string, unknown>
        for (const name of Object.keys(parsed)) {
          expect(JSON.parse(find(text, name) ?? 'null')).toEqual(parsed[name])
        }
        expect(find(text, 'no such name, surely')).toBeNull()
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSafeJson } from './safe-json.ts'

const make = () => {
  const changes: string[] = []
  return {
    changes,
    safe: createSafeJson(
      (what) => void changes.push(what),
      (text) => Buffer.byteLength(text),
    ),
  }
}
const read = (value: object) => {
  const { safe, changes } = make()
  return { value: JSON.parse(safe(value)!) as unknown, changes }
}

describe('safe JSON', () => {
  it('writes what JSON carries as JSON.stringify does', () => {
    const { safe, changes } = make()
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 20 }), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 8 }),
        (value) => {
          expect(JSON.parse(safe(value)!)).toEqual(JSON.parse(JSON.stringify(value)))
        },
      ),
    )
    expect(changes).toEqual([])
  })

  it('never throws, whatever it is given, and its text is JSON within the limits', () => {
    const { safe } = make()
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withNullPrototype: true,
          withObjectString: true,
          withTypedArray: true,
          withSparseArray: true,
          maxDepth: 6,
        }),
        (value) => {
          const text = safe({ value })
          if (typeof text === 'string') JSON.parse(text)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('leaves out a cycle and keeps its neighbours', () => {
    const value: Record<string, unknown> = { a: 1, list: [1] }
    value['self'] = value
    ;(value['list'] as unknown[]).push(value)
    expect(read(value)).toEqual({
      value: { a: 1, list: [1, null] },
      changes: ['list: cycle', 'self: cycle'],
    })
  })

  it('keeps an object that stands in two places', () => {
    const shared = { x: 1n }
    expect(read({ a: shared, b: shared }).value).toEqual({ a: { x: '1' }, b: { x: '1' } })
  })

  it('writes a bigint as text and leaves out functions, symbols and getters that throw', () => {
    const value = {
      big: 12345678901234567890n,
      run: () => 1,
      symbol: Symbol('s'),
      get broken(): string {
        throw new Error('no')
      },
      fine: true,
      map: new Map([[1, 2]]),
    }
    const { value: got, changes } = read(value)
    expect(got).toEqual({ big: '12345678901234567890', fine: true, map: {} })
    expect(changes).toEqual(['big: bigint', 'run: function', 'symbol: symbol', 'broken: threw'])
  })

  it('survives a proxy and a toJSON that throw', () => {
    const proxy = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('no')
        },
      },
    )
    const angry = {
      toJSON() {
        throw new Error('no')
      },
    }
    const { value, changes } = read({ proxy, angry, date: new Date(0), invalid: new Date(NaN) })
    expect(value).toEqual({ date: '1970-01-01T00:00:00.000Z', invalid: null })
    expect(changes).toEqual(['proxy: threw', 'angry: threw'])
  })

  it('repairs lone surrogates in values and keys, and nothing else', () => {
    const { value, changes } = read({ ok: '😀 \\ud83d', bad: 'a\ud83d', ['k\udc00']: 1 })
    expect(value).toEqual({ ok: '😀 \\ud83d', bad: 'a\ufffd', 'k\ufffd': 1 })
    expect(changes).toEqual(['bad: lone surrogate'])
  })

  it('leaves out what is beyond the limits of the wire', () => {
    let deep: object = { leaf: 1 }
    for (let depth = 0; depth < 20; depth++) deep = { deep }
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`k${at}`, at]))
    const { value, changes } = read({ deep, wide, ['ü'.repeat(65)]: 1, ['ü'.repeat(64)]: 2 })
    const result = value as { deep: object; wide: object }
    expect(JSON.stringify(result.deep).split('{').length - 1).toBe(15)
    expect(Object.keys(result.wide)).toHaveLength(255)
    expect(result).toHaveProperty(['ü'.repeat(64)], 2)
    expect(new Set(changes.map((change) => change.replace(/^.*: /, '')))).toEqual(
      new Set(['too deep', 'keys']),
    )
  })

  it('keeps __proto__ as a key like others', () => {
    const { safe } = make()
    expect(safe(JSON.parse('{"__proto__":{"a":1},"b":1}') as object)).toBe('{"__proto__":{"a":1},"b":1}')
    const odd = JSON.parse('{"__proto__":{"a":1}}') as Record<string, unknown>
    odd['big'] = 1n
    expect(safe(odd)).toBe('{"__proto__":{"a":1},"big":"1"}')
  })

  it('gives up early on what could never fit', () => {
    const { safe } = make()
    expect(safe({ text: 'x'.repeat(70_000) })).toBeNull()
    // Every level has 200 ways to the next: more paths than could ever be walked.
    let reads = 0
    let bomb: object = { end: 1 }
    for (let level = 0; level < 12; level++) {
      const next = bomb
      const names = Array.from({ length: 200 }, (_, at) => `k${at}`)
      const get = () => (reads++, next)
      bomb = Object.defineProperties(
        {},
        Object.fromEntries(names.map((name) => [name, { enumerable: true, get }])),
      )
    }
    expect(safe({ bomb })).toBeNull()
    expect(reads).toBeLessThan(200_000)
    expect(safe({ sparse: new Array(1e9) })).toBeNull()
  })
})

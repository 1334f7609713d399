// That any text arrives is shown on the engine itself, in the reader's suite; here is what never gets there.
import { describe, expect, it } from 'vitest'
import { assertParamsComplete, setParamsStatement } from './query-params.ts'

describe('setParamsStatement', () => {
  it('sets everything in one statement', () => {
    expect(setParamsStatement({ a: 1, b: 'x', c: [true, null] })).toBe(
      "SET param_a = '1', param_b = 'x', param_c = '[true,NULL]'",
    )
    expect(setParamsStatement({})).toBeNull()
  })

  it('escapes twice: for the parameter and for the statement', () => {
    expect(setParamsStatement({ a: "'; DROP" })).toBe(String.raw`SET param_a = '\\\'; DROP'`)
    expect(setParamsStatement({ a: '\0' })).toBe(String.raw`SET param_a = '\\0'`)
  })

  it.each(['a b', "a'", '', 'a=1', '1a'])('refuses the name %j', (name) => {
    expect(() => setParamsStatement({ [name]: 1 })).toThrow('parameter name')
  })

  it('refuses objects', () => {
    expect(() => setParamsStatement({ a: {} })).toThrow()
    expect(() => setParamsStatement({ a: [[1]] })).toThrow()
  })
})

describe('assertParamsComplete', () => {
  it('wants a value for every placeholder', () => {
    expect(() =>
      assertParamsComplete('{a:String} {b : Array(String)} {a:String}', { a: 1, b: [] }),
    ).not.toThrow()
    expect(() => assertParamsComplete('{a:String}', { b: 1 })).toThrow('parameter a')
    expect(() => assertParamsComplete('{toString:String}', {})).toThrow('parameter toString')
  })
})

import { describe, expect, it } from 'vitest'
import { batchBytes } from './batch-bytes.ts'

const event = (value: unknown) => {
  const text = JSON.stringify(value)
  return { text, bytes: Buffer.byteLength(text) }
}

describe('the bytes of a batch', () => {
  it.each([
    ['no event', []],
    ['one', [{ a: 1 }]],
    ['several', [{ a: 1 }, { b: 'x'.repeat(5_000) }, { c: [] }]],
    ['characters of two, three and four bytes', [{ a: 'é' }, { b: '漢字' }, { c: '🎉', é: '' }]],
  ])('are the JSON array: %s', (_, values) => {
    expect(batchBytes(values.map(event)).toString()).toBe(JSON.stringify(values))
  })
})

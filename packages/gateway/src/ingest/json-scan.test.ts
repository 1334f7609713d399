import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBatch } from './batch.ts'
import { createEventScan } from './event-scan.ts'
import { createJsonScan, scanValue, skipSpace } from './json-scan.ts'
import { readBody } from './read-body.ts'
import { mutated, randomJson, randomPieces, seededRandom } from './testing/json-mutations.ts'

const scan = createJsonScan()
const eventScan = createEventScan()
const batch = createBatch()

function scannerAccepts(text: string): boolean {
  scan.bytes = Buffer.from(text)
  const end = scan.bytes.length
  const after = scanValue(scan, skipSpace(scan, 0, end), end)
  return after >= 0 && skipSpace(scan, after, end) === end
}

function parserAccepts(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The body reader, which scans events and envelopes with code of its own, must agree as well. */
function readerAccepts(text: string): boolean {
  eventScan.bytes = Buffer.from(text)
  const unreadable = readBody(batch, eventScan, 'json')
  return unreadable !== 'body_not_json' && !(unreadable === 'body_empty' && /^[ \t\r\n]*$/.test(text))
}

describe('scanValue', () => {
  it('accepts exactly what JSON.parse accepts, on 30,000 bodies of which a third is valid', () => {
    const random = seededRandom(4)
    const counts = { valid: 0, invalid: 0 }
    for (let round = 0; round < 10_000; round++) {
      const valid = randomJson(random, 5)
      for (const text of [valid, mutated(random, valid), randomPieces(random)]) {
        // Half a pair cannot be in UTF-8; cutting text between two halves can make one.
        if (!text.isWellFormed()) continue
        const accepted = parserAccepts(text)
        counts[accepted ? 'valid' : 'invalid']++
        if (scannerAccepts(text) !== accepted) expect.fail(`scanner differs on ${JSON.stringify(text)}`)
        if (readerAccepts(text) !== accepted) expect.fail(`reader differs on ${JSON.stringify(text)}`)
      }
    }
    expect(counts.valid).toBeGreaterThan(10_000)
    expect(counts.invalid).toBeGreaterThan(10_000)
  })

  it('accepts every value that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json({ depthSize: 'medium' }), (text) => {
        expect(scannerAccepts(text)).toBe(true)
        expect(readerAccepts(text)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it('agrees with JSON.parse on every single byte in every place of a small object', () => {
    const text = '{"a":[1,-2.5e+3,"\\u00e9",true],"b":null}'
    for (let at = 0; at <= text.length; at++) {
      for (let code = 0; code < 128; code++) {
        const replaced = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1)
        const inserted = text.slice(0, at) + String.fromCharCode(code) + text.slice(at)
        for (const body of [replaced, inserted]) {
          if (scannerAccepts(body) !== parserAccepts(body)) expect.fail(JSON.stringify(body))
          if (readerAccepts(body) !== parserAccepts(body)) expect.fail(JSON.stringify(body))
        }
      }
    }
  })

  it('does not run out of stack on millions of levels', () => {
    const levels = 1_000_000
    expect(scannerAccepts('['.repeat(levels))).toBe(false)
    expect(scannerAccepts('['.repeat(levels) + ']'.repeat(levels))).toBe(true)
    expect(scannerAccepts('{"a":'.repeat(levels) + '1' + '}'.repeat(levels))).toBe(true)
    expect(scannerAccepts('{"a":'.repeat(levels) + '1' + '}'.repeat(levels - 1))).toBe(false)
  })
})

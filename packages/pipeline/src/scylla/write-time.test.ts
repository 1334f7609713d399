import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  attemptTime,
  decisionTime,
  decodeHolder,
  decodeTrait,
  earlierWins,
  encodeHolder,
  encodeTrait,
  laterWins,
} from './write-time.ts'

const at = (seq: number, idx = 0) => ({ partition: 0, seq, idx })
const NOW = Date.UTC(2026, 10, 22)

describe('write time of a decision', () => {
  it('rises with the position, and a refusal stands between its acceptance and every later position', () => {
    const step = fc.record({
      seq: fc.integer({ min: 1, max: 2 ** 33 }),
      further: fc.integer({ min: 1, max: 1_000 }),
    })
    fc.assert(
      fc.property(step, fc.integer({ min: 0, max: 3 }), ({ seq, further }, later) => {
        const accepted = decisionTime(NOW, at(seq), 'accepted')
        const refused = decisionTime(NOW, at(seq), 'refused')
        const next = decisionTime(NOW + later, at(seq + further), 'accepted')
        expect(accepted < refused && refused < next).toBe(true)
      }),
    )
  })

  it('stays within the three days ahead that ScyllaDB takes for three years of 1,000 messages a second', () => {
    const seq = 1_000 * 86_400 * 365 * 3
    const ahead = decisionTime(NOW, at(seq), 'refused') - BigInt(NOW) * 1_000n
    expect(ahead).toBeLessThan(3n * 86_400n * 1_000_000n)
  })

  it('is exact', () => {
    expect(decisionTime(NOW + 0.75, at(7), 'refused')).toBe(BigInt(NOW) * 1_000n + 15n)
  })
})

/** How a server chooses between two writes of a cell without a lifetime. */
const wins = (a: { time: bigint; value: Buffer }, b: { time: bigint; value: Buffer }) =>
  a.time === b.time ? (Buffer.compare(a.value, b.value) >= 0 ? a : b) : a.time > b.time ? a : b

const fact = fc.record({
  time: fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.integer({ min: -62_000_000_000_000, max: 250_000_000_000_000 }),
  ),
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  text: fc.string({ unit: 'grapheme' }),
})

describe('links and traits, whatever the order of their writes', () => {
  it('are held by the smallest and by the greatest (event time, event id)', () => {
    fc.assert(
      fc.property(fc.array(fact, { minLength: 1, maxLength: 8 }), (facts) => {
        const sorted = [...facts].sort((a, b) => a.time - b.time || Buffer.compare(a.id, b.id))
        const links = facts.map(({ time, id, text }) => ({
          time: earlierWins(time),
          value: encodeHolder(id, text),
        }))
        const traits = facts.map(({ time, id, text }) => ({
          time: laterWins(time),
          value: encodeTrait(id, text),
        }))
        expect(decodeHolder(links.reduce(wins).value)).toBe(sorted[0]?.text)
        expect(decodeTrait(traits.reduce(wins).value)).toBe(sorted.at(-1)?.text)
      }),
    )
  })

  it('have write times that are positive and past', () => {
    for (const time of [-62_000_000_000_000, 0, 250_000_000_000_000]) {
      for (const write of [earlierWins(time), laterWins(time)]) {
        expect(write > 0n && write < BigInt(NOW) * 1_000n).toBe(true)
      }
    }
  })
})

describe('write time of an attempt', () => {
  it('rises with sequence and index', () => {
    const times = [at(1, 0), at(1, 1), at(1, 4_095), at(2, 0), at(2 ** 40, 3)].map(attemptTime)
    expect([...times].sort((a, b) => (a < b ? -1 : 1))).toEqual(times)
  })
})

// The rules over bytes and the rules over values are written twice; they must give the same verdict, id, type and time.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkFields } from './event-rules.ts'
import { createEventScan, scanEvent } from './event-scan.ts'
import { checkExactly } from './exact-check.ts'
import { eventId } from './testing/ingest-harness.ts'

const text = fc.oneof(
  fc.constantFrom('', ' ', 'null', 'Null ', '0', '[object Object]', 'user-42', 'é', '\u3000', '\u00a0x', 'x\u2003', 'NONE', 'ｎull'),
  fc.tuple(fc.constantFrom('x', 'é', '😀', ' '), fc.constantFrom(1, 127, 128, 129, 199, 200, 201, 254, 255, 256)).map(([char, count]) => char.repeat(count)),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
) // prettier-ignore
const value = fc.oneof(
  { weight: 8, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom(null, 0, -1, 1.5, true, [], {}) },
)
const fields = fc.record(
  {
    event_id: fc.oneof(fc.constant(eventId(1)), fc.uuid(), fc.constant(eventId(2).toUpperCase()), value),
    type: fc.oneof(fc.constantFrom('track', 'identify', 'page', 'screen', 'group', 'alias'), value),
    event: value,
    name: value,
    timestamp: fc.oneof(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()), value),
    user_id: value,
    anonymous_id: value,
    previous_id: value,
    group_id: value,
    session_id: value,
    seq: fc.oneof({ weight: 6, arbitrary: fc.nat() }, { weight: 1, arbitrary: fc.constantFrom(0, 1, 1e21, 5e-7, -0) }, { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) }, { weight: 1, arbitrary: value }),
    properties: fc.oneof(fc.constant({ a: 1 }), value),
    traits: fc.oneof(fc.constant({}), value),
    context: fc.oneof(fc.constant({}), value),
  },
  { requiredKeys: ['event_id', 'type', 'user_id'] },
) // prettier-ignore

describe('checkFields', () => {
  it('agrees with checkExactly on 20,000 generated events', () => {
    const scan = createEventScan()
    const verdicts = new Map<string, number>()
    fc.assert(
      fc.property(fields, (event) => {
        // Control characters, quotes and backslashes are escapes: those events are the exact way's alone.
        const json = JSON.stringify(event)
        if (json.includes('\\')) return
        scan.bytes = Buffer.from(json)
        scanEvent(scan, 0, scan.bytes.length)
        const [fast, exact] = [0, 1].map(() => ({ ids: new Uint8Array(16), idOffset: 0, type: -1, timestamp: -1 })) as [Facts, Facts] // prettier-ignore
        const refusal = checkFields(scan, fast)
        expect(refusal).toEqual(checkExactly(scan, { start: 0, end: scan.bytes.length }, exact, 100).refusal)
        if (refusal === null) expect(fast).toEqual(exact)
        const verdict = refusal?.code ?? 'accepted'
        verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
      }),
      { numRuns: 20_000 },
    )
    for (const code of [
      'accepted',
      'id_illegal',
      'field_invalid',
      'event_name_too_long',
      'timestamp_invalid',
    ]) {
      expect(verdicts.get(code) ?? 0, code).toBeGreaterThan(20)
    }
  })
})

type Facts = Parameters<typeof checkFields>[1]

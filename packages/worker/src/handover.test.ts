import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ColdEvent } from './cold/cold-event.ts'
import { createHandover, type Segment } from './handover.ts'

const segment = (fromSeq: number, toSeq: number, events: number, bytes: number): Segment => ({
  fromSeq,
  toSeq,
  positions: events,
  events: Array.from({ length: events }, () => ({}) as ColdEvent),
  bytes,
  readBytes: bytes,
  logTime: toSeq,
})
const NO_LIMITS = { maxEvents: Infinity, maxBytes: Infinity }

describe('the handover', () => {
  it('joins what follows on, up to the limits, and at least one', () => {
    const handover = createHandover(() => 1e9)
    for (let seq = 0; seq < 4; seq++) handover.push(segment(seq, seq + 1, 10, 100), seq)
    expect(handover.take(0, { maxEvents: 25, maxBytes: Infinity })).toMatchObject({
      fromSeq: 0,
      toSeq: 2,
      bytes: 200,
    })
    expect(handover.take(0, { maxEvents: Infinity, maxBytes: 350 })).toMatchObject({
      toSeq: 3,
      positions: 30,
    })
    expect(handover.take(0, { maxEvents: 1, maxBytes: 1 })).toMatchObject({ toSeq: 1, positions: 10 })
    expect(handover.take(1, NO_LIMITS)).toBeNull()
    handover.drop(1)
    expect(handover.take(1, NO_LIMITS)).toMatchObject({ fromSeq: 1, toSeq: 4, logTime: 4 })
  })

  it('joins up to the limits of what stands in the log: a plan may have to be read again from there', () => {
    const handover = createHandover(() => 1e9)
    for (let seq = 0; seq < 4; seq++) {
      handover.push({ ...segment(seq, seq + 1, 0, 0), positions: 500, readBytes: 250_000 }, seq)
    }
    expect(handover.take(0, { maxEvents: 1_000, maxBytes: Infinity })).toMatchObject({
      toSeq: 2,
      positions: 1_000,
    })
    expect(handover.take(0, { maxEvents: Infinity, maxBytes: 800_000 })).toMatchObject({
      toSeq: 3,
      readBytes: 750_000,
    })
  })

  it('keeps no message alive of which only a few events are kept', () => {
    const handover = createHandover(() => 1e9)
    const message = new Uint8Array(100_000)
    const held = (readBytes: number) => {
      const event = { bytes: message.subarray(100, 600), eventId: message.subarray(0, 16) } as ColdEvent
      handover.push({ ...segment(0, 1, 1, 500), events: [event], readBytes }, 0)
      const taken = handover.take(0, NO_LIMITS)?.events[0]
      handover.drop(1)
      return [taken?.bytes, taken?.eventId].map((view) => [view?.length, view?.buffer.byteLength])
    }
    expect(held(1_000)).toEqual([[500, 100_000], [16, 100_000]]) // prettier-ignore
    expect(held(1_001)).toEqual([[500, 500], [16, 16]]) // prettier-ignore
  })

  it('never holds more than its bound, and never joins across what it left out', () => {
    const pushes = fc.array(fc.record({ events: fc.nat(20), bytes: fc.nat(5_000), drop: fc.boolean() }))
    fc.assert(
      fc.property(pushes, fc.integer({ min: 0, max: 60_000 }), (steps, bound) => {
        const handover = createHandover(() => bound)
        const left: number[] = []
        for (const [seq, { events, bytes, drop }] of steps.entries()) {
          const before = handover.heapBytes()
          handover.push(segment(seq, seq + 1, events, bytes), 0)
          if (handover.heapBytes() === before && events > 0) left.push(seq)
          expect(handover.heapBytes()).toBeLessThanOrEqual(bound)
          const first = handover.firstSeq()
          if (first === null) continue
          const taken = handover.take(first, NO_LIMITS)
          expect(left.some((seq) => seq >= first && seq < (taken?.toSeq ?? 0))).toBe(false)
          if (drop) handover.drop(first + 1)
        }
        handover.drop(Infinity)
        expect(handover.heapBytes()).toBe(0)
      }),
    )
  })
})

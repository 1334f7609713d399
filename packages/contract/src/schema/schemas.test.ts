import { describe, expect, expectTypeOf, it } from 'vitest'
import type { Static } from 'typebox'
import { Compile } from 'typebox/compile'
import type { IngestResponse, Receipt, WireEvent } from '../index.ts'
import { EVENT_FIELDS } from '../event.ts'
import { LIMITS } from '../limits.ts'
import { EventSchema, EventsBodySchema, IngestResponseSchema } from './events.ts'
import { ReceiptSchema } from './receipt.ts'

const event = { event_id: '01900000-0000-7000-8000-000000000001', type: 'track', event: 'A', user_id: 'u' }

describe('schemas', () => {
  it('describe the types that travel', () => {
    expectTypeOf<WireEvent['event_id']>().toEqualTypeOf<Static<typeof EventSchema>['event_id']>()
    expectTypeOf<WireEvent['type']>().toEqualTypeOf<Static<typeof EventSchema>['type']>()
    expectTypeOf<IngestResponse['accepted']>().toEqualTypeOf<
      Static<typeof IngestResponseSchema>['accepted']
    >()
    expectTypeOf<Receipt['state']>().toEqualTypeOf<Static<typeof ReceiptSchema>['state']>()
    expect(Object.keys(EventSchema.properties)).toEqual([...EVENT_FIELDS])
  })

  it('take one event, a list, and a list with sent_at; null is as if absent', () => {
    const body = Compile(EventsBodySchema)
    expect(body.Check(event)).toBe(true)
    expect(body.Check([event, { ...event, name: null, properties: null }])).toBe(true)
    expect(body.Check({ sent_at: '2026-11-22T10:00:00.000Z', events: [event] })).toBe(true)
    expect(body.Check([])).toBe(false)
    expect(body.Check('event')).toBe(false)
  })

  it('stand at the limits of the contract', () => {
    const check = Compile(EventSchema)
    expect(check.Check({ ...event, event: 'x'.repeat(LIMITS.maxEventNameChars) })).toBe(true)
    expect(check.Check({ ...event, event: 'x'.repeat(LIMITS.maxEventNameChars + 1) })).toBe(false)
    expect(check.Check({ ...event, user_id: 'x'.repeat(LIMITS.maxIdChars + 1) })).toBe(false)
    expect(check.Check({ ...event, seq: -1 })).toBe(false)
    expect(check.Check({ ...event, type: 'click' })).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import { MAX_DEPTH, type Values } from '@penstock/sdk-core'
import { createEventJson } from './event-json.ts'

function setUp() {
  const warnings: string[] = []
  const json = createEventJson((what) => warnings.push(what))
  const text = (context: Values | undefined, properties?: Values) =>
    json({ event_id: 'id', type: 'track', event: 'e', user_id: 'u', properties, context } as Parameters<
      typeof json
    >[0])
  return { text, warnings }
}

const contextOf = (text: string | null | undefined): unknown =>
  (JSON.parse(text ?? '') as { context?: unknown }).context

describe('the context of an event', () => {
  it('is the last field of its text, the same for the same object, another for another one', () => {
    const { text } = setUp()
    const shared = { library: { name: 'x' } }
    const first = text(shared)
    expect(first?.endsWith(',"context":{"library":{"name":"x"}}}')).toBe(true)
    expect(contextOf(text(shared))).toEqual(shared)
    expect(contextOf(text({ library: { name: 'y' } }))).toEqual({ library: { name: 'y' } })
    expect(contextOf(text(undefined))).toBeUndefined()
    expect(contextOf(text(shared))).toEqual(shared)
  })

  it('is as deep as it could be inside the event, and said where it is not', () => {
    const nested = (levels: number): Values => (levels === 1 ? {} : { a: nested(levels - 1) })
    const { text, warnings } = setUp()
    expect(contextOf(text(nested(MAX_DEPTH - 1)))).toEqual(nested(MAX_DEPTH - 1))
    expect(warnings).toEqual([])
    text(nested(MAX_DEPTH))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/^context\.a.*: too deep$/)
  })

  it('too large by itself is no event', () => {
    const { text } = setUp()
    expect(text({ whole: 'x'.repeat(100_000) })).toBeNull()
    expect(text({})).toContain('"context":{}')
  })

  it('that JSON has no text for is left out', () => {
    const { text } = setUp()
    expect(contextOf(text({ toJSON: () => undefined }))).toBeUndefined()
  })
})

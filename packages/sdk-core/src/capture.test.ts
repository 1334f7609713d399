import { describe, expect, it } from 'vitest'
import { createCapture } from './capture.ts'
import type { Values } from './event.ts'
import { MAX_DEPTH } from './limits.ts'
import type { Platform } from './platform.ts'

function setUp() {
  const warnings: string[] = []
  const platform = {
    clock: { now: () => 1_750_000_000_000 },
    ids: { fill: (bytes: Uint8Array) => bytes.fill(7) },
    logger: { warn: (code: string, detail = '') => warnings.push(`${code} ${detail}`) },
    byteLength: (text: string) => Buffer.byteLength(text),
  } as unknown as Platform
  const capture = createCapture(platform, {})
  const text = (context: Values | undefined, properties?: Values): string =>
    capture({ type: 'track', event: 'e', user_id: 'u', properties, context }, true).event.text
  return { text, warnings, capture }
}

const contextOf = (text: string): unknown => (JSON.parse(text) as { context?: unknown }).context

describe('the context of an event', () => {
  it('is the last field of its text, the same for the same object, another for another one', () => {
    const { text } = setUp()
    const shared = { library: { name: 'x' } }
    const first = text(shared)
    expect(first.endsWith(',"context":{"library":{"name":"x"}}}')).toBe(true)
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
    expect(warnings[0]).toMatch(/^value_changed context\.a.*: too deep$/)
  })

  it('too large by itself or together with the rest is no event', () => {
    const { capture } = setUp()
    const half = 'x'.repeat(20_000)
    const draft = { type: 'track', event: 'e', user_id: 'u' } as const
    expect(capture({ ...draft, context: { half } }, true).reason).toBeUndefined()
    expect(capture({ ...draft, context: { half }, properties: { half } }, true).reason).toBe('too_large')
    expect(capture({ ...draft, context: { whole: half.repeat(5) } }, true).reason).toBe('too_large')
    expect(capture({ ...draft, context: {} }, true).reason).toBeUndefined()
  })

  it('that JSON has no text for is left out', () => {
    const { text } = setUp()
    expect(contextOf(text({ toJSON: () => undefined }))).toBeUndefined()
  })
})

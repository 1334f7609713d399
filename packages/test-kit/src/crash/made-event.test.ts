import { describe, expect, it } from 'vitest'
import { createEventMaker, MAX_VARIANT } from './made-event.ts'
import { letterHolds, rowHolds } from './same-content.ts'
import { spell, SPELLINGS, spoil, SPOILS } from './spelling.ts'

const BASE = Date.UTC(2026, 10, 20, 12)
const maker = createEventMaker(42, BASE)
const numbers = Array.from({ length: 3000 }, (_, index) => index)

describe('ids', () => {
  it('name their number, and no two are equal', () => {
    const ids = numbers.map((number) => maker.id(number))
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.map((id) => maker.numberOf(id))).toEqual(numbers)
    expect(maker.numberOf(maker.id(5_000_000_000))).toBe(5_000_000_000)
  })

  it('are UUIDs of version 4 and 7 in lower case', () => {
    const versions = new Set(numbers.map((number) => maker.id(number)[14]))
    expect([...versions].sort()).toEqual(['4', '7'])
    for (const number of numbers) {
      expect(maker.id(number)).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      )
    }
  })

  it('of somebody else have no number', () => {
    expect(maker.numberOf(createEventMaker(43, BASE).id(1))).toBeNull()
    expect(maker.numberOf('00000000-0000-4000-8000-000000000001')).toBeNull()
    expect(maker.numberOf('')).toBeNull()
  })
})

describe('events', () => {
  it('are the same whenever they are made', () => {
    const again = createEventMaker(42, BASE)
    for (const number of numbers) expect(maker.fields(number, 0)).toEqual(again.fields(number, 0))
  })

  it('differ in content by variant under the same id', () => {
    for (const number of numbers.slice(0, 600)) {
      const texts = Array.from({ length: MAX_VARIANT + 1 }, (_, variant) => maker.fields(number, variant))
      for (const [variant, fields] of texts.entries()) {
        expect(fields['event_id']).toBe(maker.id(number))
        const matching = texts.filter((_, other) =>
          letterHolds(JSON.stringify(fields), maker.fields(number, other)),
        )
        expect(matching, `variant ${variant}`).toHaveLength(1)
      }
    }
  })

  it('are inside the window of their road, and of more than one month', () => {
    const months = new Set<string>()
    let withoutTimestamp = 0
    for (const number of numbers) {
      const timestamp = maker.fields(number, 0)['timestamp'] as string | undefined
      if (timestamp === undefined) {
        withoutTimestamp++
        continue
      }
      const time = Date.parse(timestamp)
      expect(time, timestamp).not.toBeNaN()
      if (maker.roadOf(number) === 'any') expect(time).toBeGreaterThan(BASE - 26 * 86_400_000)
      expect(time).toBeLessThanOrEqual(BASE)
      months.add(new Date(time).toISOString().slice(0, 7))
    }
    expect(withoutTimestamp).toBeGreaterThan(100)
    expect(months.size).toBeGreaterThan(4)
  })
})

describe('spellings', () => {
  it('keep the content and change the bytes', () => {
    const changed = new Set<number>()
    for (const number of numbers.slice(0, 500)) {
      const fields = maker.fields(number, 0)
      for (let spelling = 0; spelling < SPELLINGS; spelling++) {
        const text = spell(fields, spelling)
        expect(letterHolds(text, fields), text).toBe(true)
        expect(text).not.toContain('\n')
        if (text !== spell(fields, 0)) changed.add(spelling)
      }
    }
    expect([...changed].sort()).toEqual([1, 2, 3, 4])
  })

  it("of spoilt entries are JSON of one line under the event's id", () => {
    for (let spoiling = 1; spoiling <= SPOILS; spoiling++) {
      const text = spoil(maker.fields(3, 0), spoiling)
      expect(JSON.parse(text)).toMatchObject({ event_id: maker.id(3) })
      expect(text).not.toContain('\n')
    }
  })
})

describe('rowHolds', () => {
  const sent = {
    event_id: 'e',
    type: 'track',
    event: 'x',
    user_id: 'u',
    timestamp: '2026-11-20T12:00:00.1239+01:00',
  }
  const row = { ...sent, timestamp: '2026-11-20T11:00:00.123Z', received_at: '2026-11-20T13:00:00.000Z' }

  it('takes the row that shows what was sent', () => {
    expect(rowHolds(row, sent)).toBe(true)
    const untimed = { event_id: 'e', type: 'track', event: 'x', user_id: 'u' }
    expect(rowHolds({ ...row, timestamp: row.received_at }, untimed)).toBe(true)
  })

  it.each([
    ['another value', { ...row, user_id: 'v' }],
    ['a field too few', { ...row, event: undefined as never }],
    ['a field too many', { ...row, session_id: 's' }],
    ['another time', { ...row, timestamp: '2026-11-20T11:00:00.124Z' }],
    ['a time of another form', { ...row, timestamp: '2026-11-20T11:00:00.123+00:00' }],
    ['no time of receipt', { ...row, received_at: 'soon' }],
  ])('refuses %s', (_, other) => {
    expect(rowHolds(other, sent)).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'

const timeMs = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

/** What both SDKs' makers of ids promise. */
export function describeEventIds(createEventIds: () => (nowMs: number) => string): void {
  describe('event ids', () => {
    it('are UUIDv7 of the moment, all different and in the order of the calls', () => {
      const newId = createEventIds()
      const ids = Array.from({ length: 20_000 }, (_, at) => newId(1_800_000_000_000 + Math.floor(at / 100)))
      expect(new Set(ids).size).toBe(ids.length)
      expect([...ids].sort()).toEqual(ids)
      for (const [at, id] of ids.entries()) {
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        if (at % 1_000 === 0) expect(timeMs(id)).toBe(1_800_000_000_000 + Math.floor(at / 100))
      }
    })

    it('keep their order when a millisecond holds more than the counter, and when the clock goes back a little', () => {
      const newId = createEventIds()
      const ids = [
        ...Array.from({ length: 10_000 }, () => newId(1_800_000_000_000)),
        ...Array.from({ length: 100 }, (_, at) => newId(1_800_000_000_000 - at)),
      ]
      expect([...ids].sort()).toEqual(ids)
    })

    it('follow the clock after a jump', () => {
      const newId = createEventIds()
      newId(1_900_000_000_000)
      expect(timeMs(newId(1_800_000_000_000))).toBe(1_800_000_000_000)
    })
  })
}

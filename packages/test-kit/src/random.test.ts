import { expect, it } from 'vitest'
import { createRandom } from './random.ts'

const draws = (seed: number) => {
  const random = createRandom(seed)
  return Array.from({ length: 50 }, () => random.next())
}

it('gives the same stream for the same seed and another for another', () => {
  expect(draws(1)).toEqual(draws(1))
  expect(draws(1)).not.toEqual(draws(2))
})

it('forks by label, whatever was drawn before', () => {
  const early = createRandom(5).fork('writer 1').next()
  const random = createRandom(5)
  random.next()
  expect(random.fork('writer 1').next()).toBe(early)
  expect(random.fork('writer 2').next()).not.toBe(early)
})

it('reaches both ends of a range evenly and never leaves it', () => {
  const random = createRandom(9)
  const counts = new Map<number, number>()
  for (let draw = 0; draw < 10_000; draw++) {
    const value = random.int(3, 7)
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  expect([...counts.keys()].sort()).toEqual([3, 4, 5, 6, 7])
  for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(250)
})

it('shuffles without losing anything, and refuses to pick from nothing', () => {
  const random = createRandom(4)
  const items = Array.from({ length: 100 }, (_, index) => index)
  const shuffled = random.shuffle(items)
  expect(shuffled).not.toEqual(items)
  expect([...shuffled].sort((left, right) => left - right)).toEqual(items)
  expect(() => random.pick([])).toThrow(RangeError)
})

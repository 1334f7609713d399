// Random numbers that a seed decides, so that a red run can be run again. Never used for ids that must be unguessable.
// Not safe to share between concurrent tasks when the order of draws must be the same: give each task its own `fork`.

export interface Random {
  /** In [0, 1). */
  next(): number
  /** Whole number from `min` to `max`, both included. */
  int(min: number, max: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  /** One of the items; throws RangeError when there is none. */
  pick<Item>(items: readonly Item[]): Item
  /** A new array in random order. */
  shuffle<Item>(items: readonly Item[]): Item[]
  /** A stream of its own, decided by this one's seed and the label only, not by what was drawn before. */
  fork(label: string): Random
}

/** 32 well mixed bits of two numbers; the same on every machine. */
export function mix(seed: number, value: number): number {
  let hash =
    (seed ^ Math.imul(value | 0, 0x9e3779b1) ^ Math.imul((value / 4_294_967_296) | 0, 0x85ebca6b)) | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad)
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** `seed` is any whole number; equal seeds give equal streams. */
export function createRandom(seed: number): Random {
  let draws = 0
  const bits = () => mix(seed, ++draws)
  const random: Random = {
    next: () => (bits() * 2_097_152 + (bits() >>> 11)) / 9_007_199_254_740_992,
    int: (min, max) => min + Math.floor(random.next() * (max - min + 1)),
    chance: (probability) => random.next() < probability,
    pick: (items) => {
      if (items.length === 0) throw new RangeError('nothing to pick from')
      return items[random.int(0, items.length - 1)]!
    },
    shuffle: (items) => {
      const out = [...items]
      for (let last = out.length - 1; last > 0; last--) {
        const other = random.int(0, last)
        const held = out[last]!
        out[last] = out[other]!
        out[other] = held
      }
      return out
    },
    fork: (label) => {
      let forked = mix(seed, label.length)
      for (let at = 0; at < label.length; at++) forked = mix(forked, label.charCodeAt(at) + at * 65_536)
      return createRandom(forked)
    },
  }
  return random
}

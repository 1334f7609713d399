// Random numbers that a seed decides: sfc32 (PractRand, public domain), seeded with a hash of a text.
import { createHash } from 'node:crypto'

export interface Random {
  /** 0 ≤ x < 1. */
  unit(): number
  /** 32 bits. */
  word(): number
  /** A whole number from 0 to `below` − 1. */
  below(below: number): number
  chance(probability: number): boolean
}

export function createRandom(seed: string): Random {
  const hash = createHash('sha256').update(seed).digest()
  let a = hash.readInt32LE(0)
  let b = hash.readInt32LE(4)
  let c = hash.readInt32LE(8)
  let counter = 1
  const word = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
  for (let round = 0; round < 12; round++) word()
  const unit = (): number => word() / 4_294_967_296
  return {
    word,
    unit,
    below: (below) => Math.floor(unit() * below),
    chance: (probability) => unit() < probability,
  }
}

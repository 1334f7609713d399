// Bodies of dead letters as the dead-letter stream keeps them, in memory.
import type { KeptBody, LetterBodies, LetterBody } from '../../src/ports/letter-bodies.ts'

export function createMemoryBodies(): LetterBodies & { kept: Map<string, KeptBody> } {
  const kept = new Map<string, KeptBody>()
  let place = 0
  const add = ({ id, body }: LetterBody) => kept.set(id, { body: Uint8Array.from(body), place: ++place })
  return {
    kept,
    put: (letters) => {
      letters.filter(({ id }) => !kept.has(id)).forEach(add)
      return Promise.resolve()
    },
    putAgain: (letters) => {
      letters.forEach(add)
      return Promise.resolve()
    },
    get: (ids) => Promise.resolve(ids.map((id) => kept.get(id) ?? null)),
    remove: (id, upTo) => {
      if ((kept.get(id)?.place ?? Infinity) <= upTo) kept.delete(id)
      return Promise.resolve()
    },
    fill: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  }
}

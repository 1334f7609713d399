// Generates bodies that are almost, or exactly, JSON: for holding the scanner and JSON.parse together. Seeded, so that a
// failure can be repeated.

/** A small fast generator of numbers in 0 ≤ x < 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const PIECES = [
  '{', '}', '[', ']', ',', ':', '"', '\\', '\\u', '\\ud83d\\ude00', '\\udc00', '\\u00e9', '\\n', '\\x', '""', '"a"',
  '"a":', '"event_id":', '"type":"track"', '"events":[', '"sent_at":', '{"a":1}', '[]', '{}', 'true', 'false', 'null',
  'nul', '-', '-0', '0', '01', '1', '1.', '.5', '1.5', '1e5', '1e', '1e+', '1E-3', '1e400', '-1e999', '9007199254740993',
  '123456789012345678901234567890', 'é', '😀', '\u0000', '\u001f', '\u007f', '\u2028', '\ufeff', ' ', '\t', '\r', '\n',
  '\v', '\f', '\u00a0', '/', '//', "'", 'NaN', 'Infinity', '__proto__', '"__proto__":{}', '"constructor":1',
] // prettier-ignore

const pick = <T>(random: () => number, items: readonly T[]): T =>
  items[Math.floor(random() * items.length)] as T

/** A string of pieces, mostly no JSON. */
export function randomPieces(random: () => number): string {
  const count = 1 + Math.floor(random() * 12)
  return Array.from({ length: count }, () => pick(random, PIECES)).join('')
}

/** A valid JSON value, nested at most `depth` levels. */
export function randomJson(random: () => number, depth: number): string {
  const kind = random()
  const space = random() < 0.2 ? pick(random, [' ', '\n', '\t', '\r\n', '  ']) : ''
  if (depth === 0 || kind < 0.5) {
    return space + pick(random, ['"text"', '"é😀"', '"\\u0041\\n\\"x"', '"\\ud800"', '0', '-1', '12.5e-3', '1e400',
      '9007199254740993', 'true', 'false', 'null', '""', '{}', '[]']) // prettier-ignore
  }
  const items = Array.from({ length: Math.floor(random() * 5) }, (_, index) => {
    const key = pick(random, [
      'a',
      'b',
      'event_id',
      'type',
      'properties',
      '\\u0061',
      'é',
      '__proto__',
      `k${index}`,
    ])
    const value = randomJson(random, depth - 1)
    return kind < 0.75 ? value : `${space}"${key}"${space}:${value}`
  })
  return space + (kind < 0.75 ? `[${items.join(',')}${space}]` : `{${items.join(`,${space}`)}}`) + space
}

/** The text with a few characters dropped, doubled, swapped or replaced. */
export function mutated(random: () => number, text: string): string {
  let result = text
  for (let left = 1 + Math.floor(random() * 3); left > 0 && result.length > 0; left--) {
    const at = Math.floor(random() * result.length)
    const how = random()
    if (how < 0.3) result = result.slice(0, at) + result.slice(at + 1)
    else if (how < 0.5) result = result.slice(0, at) + (result[at] as string) + result.slice(at)
    else if (how < 0.8) result = result.slice(0, at) + pick(random, PIECES) + result.slice(at + 1)
    else result = result.slice(0, at)
  }
  return result
}

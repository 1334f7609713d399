// Other bytes for the same content: the order of keys, the case of the id, escapes, blanks, explicit nulls and unknown fields
// do not matter to an event's content. Also entries that must be refused, to stand between good neighbours.
import type { Fields, Json } from './made-event.ts'

/** 0 is the plain spelling; a re-send with the same number has the same bytes. */
export const SPELLINGS = 5

/** The event's JSON text. Content is that of `fields` whatever the spelling. */
export function spell(fields: Fields, spelling: number): string {
  if (spelling === 1) return JSON.stringify(reversed(fields))
  if (spelling === 2)
    return JSON.stringify({ ...fields, event_id: (fields['event_id'] as string).toUpperCase() })
  if (spelling === 3) {
    const names = ['event', 'name', 'session_id', 'seq', 'traits', 'context']
    const nulls = names.filter((name) => fields[name] === undefined).map((name) => [name, null] as const)
    return JSON.stringify(
      { ...Object.fromEntries(nulls), ...fields, not_of_the_contract: { a: 1 } },
      null,
      1,
    ).replaceAll('\n', ' ')
  }
  if (spelling === 4) return escaped(JSON.stringify(fields))
  return JSON.stringify(fields)
}

function reversed(value: Json): Json {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(reversed)
  const out: Fields = {}
  for (const [key, item] of Object.entries(value).reverse()) {
    // A plain assignment of `__proto__` would set the prototype.
    Object.defineProperty(out, key, {
      value: reversed(item),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return out
}

const escaped = (text: string) =>
  text.replace(/[^\0-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

export const SPOILS = 6

/** An entry that the contract refuses, under the id of the event. */
export function spoil(fields: Fields, spoiling: number): string {
  const nested = '['.repeat(20) + ']'.repeat(20)
  if (spoiling === 1) return JSON.stringify({ ...fields, type: 'no_such_type' })
  if (spoiling === 2) return JSON.stringify({ ...fields, user_id: 'undefined' })
  if (spoiling === 3) return JSON.stringify({ ...fields, timestamp: '2026-02-30T00:00:00Z' })
  if (spoiling === 4) return JSON.stringify({ ...fields, properties: { filler: 'y'.repeat(33_000) } })
  if (spoiling === 5)
    return JSON.stringify({ ...fields, properties: { deep: 0 } }).replace('"deep":0', `"deep":${nested}`)
  return JSON.stringify({ ...fields, user_id: null, anonymous_id: null })
}

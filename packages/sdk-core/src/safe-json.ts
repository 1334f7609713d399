// From a caller's object to JSON text, whatever is in it. Plain objects, nearly all there are, are looked at once and go to
// JSON.stringify; anything odd is copied field by field: what JSON or the wire cannot carry is changed or left out, and said.
// Never throws, never changes the caller's object, and stops early on values that could not fit an event anyway.
import { MAX_DEPTH, MAX_EVENT_BYTES, MAX_KEY_BYTES, MAX_KEYS } from './limits.ts'

const SURELY_SHORT_KEY = 42 // a UTF-16 unit is at most 3 bytes

/**
 * `changed` is told the path and why, never the value. `path`: of a value that is written apart from the event it belongs to. Null: it
 * does not fit an event; undefined: JSON has no text for it.
 */
export type SafeJson = (value: object, path?: string) => string | null | undefined

export function createSafeJson(
  changed: (what: string) => void,
  byteLength: (text: string) => number,
): SafeJson {
  // Values and characters take a byte or more each: when this is used up the text would be far too large.
  let budget = 0

  /** Whether JSON.stringify does exactly the right thing. A cycle ends at the depth. */
  function isPlain(value: unknown, depth: number): boolean {
    if (--budget < 0) return false
    if (typeof value === 'string') return (budget -= value.length) >= 0
    if (typeof value !== 'object' || value === null) {
      return typeof value !== 'bigint' && typeof value !== 'function' && typeof value !== 'symbol'
    }
    if (depth > MAX_DEPTH) return false
    if (Array.isArray(value)) {
      for (const item of value) if (!isPlain(item, depth + 1)) return false
      return true
    }
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return value instanceof Date
    let keys = 0
    for (const key in value) {
      if (
        ++keys > MAX_KEYS ||
        key.length > SURELY_SHORT_KEY ||
        !isPlain((value as Record<string, unknown>)[key], depth + 1)
      )
        return false
    }
    return true
  }

  const repair = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd')

  /** A copy that is plain; undefined for what is left out. `read` may throw: a getter. */
  function copy(read: () => unknown, path: string, parents: unknown[]): unknown {
    let wrong = ''
    let result: unknown
    try {
      let value = read()
      const type = typeof value
      if (
        type === 'object' &&
        value !== null &&
        typeof (value as { toJSON?: unknown }).toJSON === 'function'
      ) {
        value = (value as { toJSON(): unknown }).toJSON()
      }
      result = value
      if (--budget < 0) result = undefined
      else if (typeof value === 'string') {
        budget -= value.length
        result = repair(value)
        if (result !== value) wrong = 'lone surrogate'
      } else if (type === 'bigint') {
        wrong = type
        result = String(value)
      } else if (type === 'function' || type === 'symbol') {
        wrong = type
        result = undefined
      } else if (typeof value === 'object' && value !== null) {
        result = undefined
        if (parents.includes(value)) wrong = 'cycle'
        else if (parents.length >= MAX_DEPTH) wrong = 'too deep'
        else result = copyObject(value, path, [...parents, value])
      }
    } catch {
      wrong = 'threw'
    }
    if (wrong !== '') changed(`${path}: ${wrong}`)
    return result
  }

  function copyObject(value: object, path: string, parents: unknown[]): object {
    if (Array.isArray(value)) {
      const items: unknown[] = []
      for (let at = 0; at < value.length && budget >= 0; at++)
        items.push(copy(() => value[at], path, parents))
      return items
    }
    const result = Object.create(null) as Record<string, unknown> // so that __proto__ is a key like others
    let keys = 0
    for (const key of Object.keys(value)) {
      const name = repair(key)
      const fits = budget >= 0 && keys < MAX_KEYS && byteLength(name) <= MAX_KEY_BYTES
      if (!fits) changed(`${path}: keys`)
      const item =
        fits && copy(() => (value as Record<string, unknown>)[key], path ? `${path}.${name}` : name, parents)
      if (!fits || item === undefined) continue
      budget -= key.length
      result[name] = item
      keys++
    }
    return result
  }

  return (value, path = '') => {
    const parents = path === '' ? [] : [null]
    let text: string | undefined
    budget = 2 * MAX_EVENT_BYTES // twice: a field that is undefined takes none
    try {
      if (isPlain(value, parents.length + 1)) text = JSON.stringify(value)
    } catch {
      // A getter, a proxy or a boxed bigint: copied below.
    }
    // JSON.stringify writes a lone surrogate as \\udXXX; the text `\\ud` itself is rare enough to take the slow way, too.
    if (text === undefined || text.includes('\\ud')) {
      budget = 2 * MAX_EVENT_BYTES
      text = JSON.stringify(copy(() => value, path, parents))
    }
    return budget < 0 ? null : text
  }
}

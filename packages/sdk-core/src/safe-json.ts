// From a caller's object to JSON text, whatever is in it. Plain objects, nearly all there are, are looked at once and go to
// JSON.stringify; anything odd is copied field by field: what JSON or the wire cannot carry is changed or left out, and said.
// Never throws, never changes the caller's object, and stops early on values that could not fit an event anyway.
import { MAX_DEPTH, MAX_EVENT_BYTES, MAX_KEYS_PER_OBJECT, MAX_KEY_BYTES } from '@penstock/contract'

const SURELY_SHORT_KEY = (MAX_KEY_BYTES / 3) | 0 // a UTF-16 unit is at most 3 bytes

/** `changed` is told the path and why, never the value. Null: it does not fit an event. */
export type SafeJson = (value: object) => string | null

export function createSafeJson(
  changed: (what: string) => void,
  byteLength: (text: string) => number,
): SafeJson {
  // Values and characters take a byte or more each: when this is used up the text would be far too large.
  let budget = 0

  /** Whether JSON.stringify does exactly the right thing. A cycle ends at the depth. */
  function isPlain(value: unknown, depth: number): boolean {
    if (--budget < 0) return false
    if (value === null) return true
    switch (typeof value) {
      case 'string':
        return (budget -= value.length) >= 0
      case 'number':
      case 'boolean':
      case 'undefined':
        return true
      case 'object':
        break
      default:
        return false
    }
    if (depth > MAX_DEPTH) return false
    if (Array.isArray(value)) {
      for (const item of value) if (!isPlain(item, depth + 1)) return false
      return true
    }
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return value instanceof Date
    let keys = 0
    for (const key in value) {
      if (++keys > MAX_KEYS_PER_OBJECT || key.length > SURELY_SHORT_KEY) return false
      if (!isPlain((value as Record<string, unknown>)[key], depth + 1)) return false
    }
    return true
  }

  /** A copy that is plain; undefined for what is left out. */
  function copy(value: unknown, path: string, parents: unknown[]): unknown {
    const leaveOut = (why: string): undefined => changed(path + ': ' + why) as undefined
    if (--budget < 0) return
    if (typeof value === 'string') {
      budget -= value.length
      const repaired = value.replace(/\p{Surrogate}/gu, '\ufffd')
      if (repaired !== value) leaveOut('lone surrogate')
      return repaired
    }
    if (typeof value === 'bigint') {
      leaveOut('bigint')
      return String(value)
    }
    if (typeof value === 'function' || typeof value === 'symbol') return leaveOut(typeof value)
    if (typeof value !== 'object' || value === null) return value
    if (parents.includes(value)) return leaveOut('cycle')
    if (parents.length >= MAX_DEPTH) return leaveOut('too deep')
    try {
      const { toJSON } = value as { toJSON?: () => unknown }
      if (typeof toJSON === 'function') {
        const json = toJSON.call(value)
        if (typeof json !== 'object' || json === null) return copy(json, path, parents)
        value = json
      }
      parents.push(value)
      if (Array.isArray(value)) {
        const items: unknown[] = []
        for (let at = 0; at < value.length && budget >= 0; at++) items.push(copyOf(value, at, path, parents))
        return items
      }
      const result = Object.create(null) as Record<string, unknown> // so that __proto__ is a key like others
      let keys = 0
      for (const key of Object.keys(value as object)) {
        if (budget < 0) break
        const name = key.replace(/\p{Surrogate}/gu, '\ufffd')
        if (byteLength(name) > MAX_KEY_BYTES) {
          changed(path + ': key too long')
        } else if (keys === MAX_KEYS_PER_OBJECT) {
          changed(path + ': too many keys')
          break
        } else {
          budget -= key.length
          const item = copyOf(value as object, key, path === '' ? name : path + '.' + name, parents)
          if (item !== undefined) {
            result[name] = item
            keys++
          }
        }
      }
      return result
    } catch {
      return leaveOut('threw')
    } finally {
      if (parents[parents.length - 1] === value) parents.pop()
    }
  }

  // eslint-disable-next-line max-params -- an object per value would cost more than the value
  function copyOf(from: object, key: string | number, path: string, parents: unknown[]): unknown {
    try {
      return copy((from as Record<string | number, unknown>)[key], path, parents)
    } catch {
      return changed(path + ': getter threw') as undefined
    }
  }

  return (value) => {
    budget = 2 * MAX_EVENT_BYTES // twice: a field that is undefined takes none
    let text: string | undefined
    try {
      if (isPlain(value, 1)) text = JSON.stringify(value)
    } catch {
      // A getter, a proxy or a boxed bigint: copied below.
    }
    // JSON.stringify writes a lone surrogate as \\udXXX; the text `\\ud` itself is rare enough to take the slow way, too.
    if (text === undefined || text.includes('\\ud')) {
      budget = 2 * MAX_EVENT_BYTES // twice: a field that is undefined takes none
      text = JSON.stringify(copy(value, '', []))
      if (budget < 0) return null
    }
    return text
  }
}

// From a caller's object to JSON text, whatever is in it, field by field: what JSON or the wire cannot carry is changed or left
// out, and said. Never throws, never changes the caller's object, and stops early on values that could not fit an event anyway.
import { MAX_DEPTH, MAX_EVENT_BYTES, MAX_KEY_BYTES, MAX_KEYS } from './limits.ts'

/**
 * `path`: of a value that is written apart from the event it belongs to. Null: it does not fit an event; undefined: JSON has no
 * text for it.
 */
export type SafeJson = (value: object, path?: string) => string | null | undefined

/** `changed` is told the path and why, never the value. */
export function createSafeJson(
  changed: (what: string) => void,
  byteLength: (text: string) => number,
): SafeJson {
  // Values and characters take a byte or more each: when this is used up the text would be far too large.
  let budget = 0

  const repair = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd')

  /** Undefined for what is left out. `read` may throw: a getter. */
  function write(read: () => unknown, path: string, parents: unknown[]): string | undefined {
    let wrong: string | undefined
    let text: string | undefined
    try {
      let value = read()
      if (typeof (value as { toJSON?: unknown } | null | undefined)?.toJSON === 'function')
        value = (value as { toJSON(): unknown }).toJSON()
      const type = typeof value
      budget -= 1
      if (typeof value === 'object' && value !== null) {
        if (parents.includes(value)) wrong = 'cycle'
        else if (parents.length >= MAX_DEPTH) wrong = 'too deep'
        else text = writeFields(value as Record<string, unknown>, path, [...parents, value])
      } else if (typeof value === 'string' || typeof value === 'bigint') {
        const whole = String(value)
        budget -= whole.length
        if (budget >= 0) {
          const repaired = repair(whole)
          if (type === 'bigint') wrong = type
          else if (repaired !== value) wrong = 'lone surrogate'
          text = JSON.stringify(repaired)
        }
      } else {
        if (type === 'function' || type === 'symbol') wrong = type
        text = JSON.stringify(value)
      }
    } catch {
      wrong = 'threw'
    }
    if (wrong !== undefined) changed(`${path}: ${wrong}`)
    return text
  }

  function writeFields(value: Record<string, unknown>, path: string, parents: unknown[]): string {
    const list = Array.isArray(value) ? value : undefined
    const keys = list ?? Object.keys(value)
    const fields: string[] = []
    for (let at = 0; at < keys.length && budget >= 0; at++) {
      if (list) fields.push(write(() => list[at], path, parents) ?? 'null')
      else {
        const key = keys[at] as string
        const name = repair(key)
        budget -= key.length
        if (fields.length >= MAX_KEYS || byteLength(name) > MAX_KEY_BYTES) changed(`${path}: keys`)
        else {
          const field = write(() => value[key], path ? `${path}.${name}` : name, parents)
          if (field !== undefined) fields.push(`${JSON.stringify(name)}:${field}`)
        }
      }
    }
    return list ? `[${fields.join()}]` : `{${fields.join()}}`
  }

  return (value, path = '') => {
    budget = 2 * MAX_EVENT_BYTES // twice: a field that is undefined takes none
    const text = write(() => value, path, path === '' ? [] : [null])
    return budget < 0 ? null : text
  }
}

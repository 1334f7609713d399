// Events as JSON, fast: plain objects, nearly all there are, are looked at once and go to JSON.stringify; anything odd takes the
// core's way, field by field. A backend's events mostly share one context, the client's own: its text is made once.
import { MAX_DEPTH, MAX_EVENT_BYTES, MAX_KEYS, createSafeJson } from '@penstock/sdk-core'
import type { Platform, SafeJson, Values } from '@penstock/sdk-core'

const SURELY_SHORT_KEY = 42 // a UTF-16 unit is at most 3 bytes

/** `changed` is told the path and why, never the value. */
export function createEventJson(changed: (what: string) => void): Platform['toJson'] {
  const slowJson = createSafeJson(changed, (text) => Buffer.byteLength(text))
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

  const json: SafeJson = (value, path) => {
    budget = 2 * MAX_EVENT_BYTES // twice: a field that is undefined takes none
    let text: string | undefined
    try {
      if (isPlain(value, path === undefined ? 1 : 2)) text = JSON.stringify(value)
    } catch {
      // A getter, a proxy or a boxed bigint: the slow way.
    }
    // JSON.stringify writes a lone surrogate as \\udXXX; the text `\\ud` itself is rare enough to take the slow way, too.
    return text === undefined || text.includes('\\ud') ? slowJson(value, path) : text
  }

  let lastContext: Values | undefined
  let lastContextText: string | null | undefined

  return (event) => {
    const { context } = event
    event.context = undefined
    const text = json(event)
    if (context !== lastContext) {
      lastContext = context
      lastContextText = context === undefined ? undefined : json(context, 'context')
    }
    if (!text || lastContextText === undefined) return text
    return lastContextText && `${text.slice(0, -1)},"context":${lastContextText}}`
  }
}

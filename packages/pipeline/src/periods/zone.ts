// What a time zone is to us: the offsets from UTC it had, and when each one held. The rules come from the runtime's own
// zone data (Intl), asked instant by instant and narrowed down by bisection, so no second copy of them can disagree.
// Everything above this file is plain arithmetic on these spans.

/** One stretch of time with one offset. `offsetMs` is local time minus UTC; `end` is exclusive. */
export interface OffsetSpan {
  start: number
  end: number
  offsetMs: number
}

export interface Zone {
  /** As the caller wrote it. */
  readonly name: string
  /** Labels of UTC end in `Z`; those of other zones name their offset, also where it is 0. */
  readonly isUtc: boolean
  /** Local time minus UTC at this instant, ms. */
  offsetAt(instant: number): number
  /** The spans that cover `[from, to)`, cut to it, in order. Neighbours have different offsets. */
  offsetsBetween(from: number, to: number): OffsetSpan[]
}

// The shortest time between two changes of any zone since 1970 is 6.96 days (America/Boa_Vista, 2000): with a step of three
// days no two changes fall between two looks, which is the only way to miss one.
const STEP_MS = 3 * 86_400_000
// Offsets like `+01:00` are no names: which periods they make would not depend on daylight saving.
const NAME = /^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/

/** Null for a name that the runtime's zone data does not know. */
export function openZone(name: string): Zone | null {
  const format = NAME.test(name) ? localTimeFormat(name) : null
  if (format === null) return null
  const isUtc = format.resolvedOptions().timeZone === 'UTC'

  function offsetAt(instant: number): number {
    if (isUtc) return 0
    const second = Math.floor(instant / 1000) * 1000
    return localAsUtc((format as Intl.DateTimeFormat).format(second)) - second
  }

  function offsetsBetween(from: number, to: number): OffsetSpan[] {
    const spans: OffsetSpan[] = []
    let start = from
    let offsetMs = offsetAt(from)
    for (let at = from; at < to && !isUtc;) {
      const next = Math.min(at + STEP_MS, to)
      const offsetThen = offsetAt(next)
      if (offsetThen !== offsetMs) {
        const change = firstInstantAfterChange(at, next, offsetMs)
        spans.push({ start, end: change, offsetMs })
        start = change
        offsetMs = offsetThen
      }
      at = next
    }
    if (start < to) spans.push({ start, end: to, offsetMs })
    return spans
  }

  /** Changes happen at full seconds. */
  function firstInstantAfterChange(before: number, after: number, offsetBefore: number): number {
    let low = Math.floor(before / 1000)
    let high = Math.ceil(after / 1000)
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (offsetAt(middle * 1000) === offsetBefore) low = middle
      else high = middle
    }
    return high * 1000
  }

  return { name, isUtc, offsetAt, offsetsBetween }
}

function localTimeFormat(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
  } catch {
    return null // RangeError: no such zone
  }
}

/** Reads `11/23/2026, 22:27:00`. */
function localAsUtc(text: string): number {
  const part = (from: number, to: number) => Number(text.slice(from, to))
  return Date.UTC(part(6, 10), part(0, 2) - 1, part(3, 5), part(12, 14), part(15, 17), part(18, 20))
}

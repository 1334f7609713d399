// What every number means (docs/api.md §3), written once more over a list of events, as plainly as possible. Shares no code with
// the product: not its calendar, not its filters, not its SQL.
import type { JsonValue } from '@penstock/contract'
import type { TestEvent } from './event-list.ts'
import { addDays, dateAt, labelAt, periodsOf } from './reference-calendar.ts'

export interface ReferenceRange {
  from: number
  to: number
  asOf: number
  tz: string
}
export interface ReferenceFilter {
  property: string
  op: string
  value?: JsonValue
}

const before = (a: TestEvent, b: TestEvent): boolean => a.time < b.time || (a.time === b.time && a.id < b.id)
const isActive = (event: TestEvent): boolean => ['track', 'page', 'screen'].includes(event.type)
const nameOf = (event: TestEvent): string | undefined =>
  event.type === 'track'
    ? event.event
    : event.type === 'page' || event.type === 'screen'
      ? `$${event.type}`
      : undefined

export function createReference(events: readonly TestEvent[]) {
  const links = new Map<string, TestEvent & { userId: string }>()
  const link = (anonymousId: string | undefined, event: TestEvent): void => {
    if (anonymousId === undefined || event.userId === undefined) return
    const known = links.get(anonymousId)
    if (known === undefined || before(event, known)) {
      links.set(anonymousId, { ...event, userId: event.userId })
    }
  }
  for (const event of events) {
    link(event.anonymousId, event)
    if (event.type === 'alias') link(event.previousId, event)
  }

  const userOf = (event: TestEvent): string | undefined =>
    event.userId ?? links.get(event.anonymousId as string)?.userId
  const actorOf = (event: TestEvent): string => {
    const user = userOf(event)
    return user === undefined ? `anonymous ${event.anonymousId as string}` : `user ${user}`
  }

  function traitOf(user: string | undefined, key: string): JsonValue | undefined {
    let latest: TestEvent | undefined
    for (const event of events) {
      if (event.type !== 'identify' || event.userId !== user || user === undefined) continue
      if (event.traits === undefined || !Object.hasOwn(event.traits, key)) continue
      if (latest === undefined || before(latest, event)) latest = event
    }
    return latest?.traits?.[key]
  }

  function valueOf(event: TestEvent, property: string): JsonValue | undefined {
    const direct: Record<string, JsonValue | undefined> = {
      event: nameOf(event),
      name: event.pageName,
      type: event.type,
      user_id: event.userId,
      anonymous_id: event.anonymousId,
      session_id: event.sessionId,
    }
    if (property in direct) return direct[property]
    const keys = property.split('.')
    let value: JsonValue | undefined
    if (keys[0] === 'user') {
      value = traitOf(userOf(event), keys[2] as string)
      keys.splice(0, 3)
    } else {
      value = keys[0] === 'properties' ? event.properties : event.context
      keys.splice(0, 1)
    }
    for (const key of keys) {
      if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
      value = Object.hasOwn(value, key) ? value[key] : undefined
    }
    return value ?? undefined
  }

  function passes(event: TestEvent, filter: ReferenceFilter): boolean {
    const actual = valueOf(event, filter.property)
    const { op, value } = filter
    if (actual === undefined) return ['neq', 'not_in', 'not_contains', 'not_exists'].includes(op)
    const inside = (text: JsonValue | undefined) =>
      typeof actual === 'string' && typeof text === 'string' && actual.includes(text)
    if (op === 'exists') return true
    if (op === 'not_exists') return false
    if (op === 'eq') return actual === value
    if (op === 'neq') return actual !== value
    if (op === 'in') return (value as JsonValue[]).includes(actual)
    if (op === 'not_in') return !(value as JsonValue[]).includes(actual)
    if (op === 'contains') return inside(value)
    if (op === 'not_contains') return !inside(value)
    if (op === 'starts_with') {
      return typeof actual === 'string' && typeof value === 'string' && actual.startsWith(value)
    }
    return compare(op, actual, value)
  }

  const seen = (filters: readonly ReferenceFilter[]) => (event: TestEvent) =>
    filters.every((filter) => passes(event, filter))
  const activeSeen = (filters: readonly ReferenceFilter[]) => events.filter(isActive).filter(seen(filters))
  const countActors = (list: readonly TestEvent[]): number => new Set(list.map(actorOf)).size
  const mark = (partial: boolean) => (partial ? { partial: true } : {})

  return {
    activeUsers(
      range: ReferenceRange,
      asked: { interval: string; event?: string; rolling?: number; filters: readonly ReferenceFilter[] },
    ) {
      const { from, to, tz } = range
      const list = activeSeen(asked.filters).filter(
        (event) => asked.event === undefined || nameOf(event) === asked.event,
      )
      return periodsOf(range, asked.interval, tz).map(({ label, partial }) => {
        const own = list.filter((event) => {
          if (event.time >= to) return false
          if (asked.rolling === undefined) {
            return event.time >= from && labelAt(event.time, asked.interval, tz) === label
          }
          const last = lastDateIn(label, asked.interval, range)
          const date = dateAt(event.time, tz)
          return date <= last && date > addDays(last, -asked.rolling)
        })
        return { period: label, users: countActors(own), ...mark(partial) }
      })
    },

    topEvents(
      { from, to }: ReferenceRange,
      asked: { limit: number; order: 'events' | 'users'; filters: readonly ReferenceFilter[] },
    ) {
      const list = activeSeen(asked.filters).filter((event) => event.time >= from && event.time < to)
      const names = [...new Set(list.map((event) => nameOf(event) as string))]
      return names
        .map((name) => {
          const own = list.filter((event) => nameOf(event) === name)
          return {
            event: name,
            events: own.length,
            users: countActors(own),
            share: own.length / list.length,
          }
        })
        .sort((a, b) => b[asked.order] - a[asked.order] || byCodePoint(a.event, b.event))
        .slice(0, asked.limit)
    },

    retention(
      range: ReferenceRange,
      asked: {
        interval: string
        periods: number
        mode: string
        count: string
        startEvent?: string
        returnEvent?: string
        filters: readonly ReferenceFilter[]
      },
    ) {
      const { from, to, tz } = range
      const inRange = (event: TestEvent) => event.time >= from && event.time < to
      const isStart = (event: TestEvent) =>
        asked.startEvent === undefined || nameOf(event) === asked.startEvent
      const isReturn = (event: TestEvent) =>
        asked.returnEvent === undefined || nameOf(event) === asked.returnEvent
      const label = (event: TestEvent) => labelAt(event.time, asked.interval, tz)
      const firstStarts = new Map<string, TestEvent>()
      for (const event of events.filter(isActive).filter(isStart)) {
        const known = firstStarts.get(actorOf(event))
        if (known === undefined || before(event, known)) firstStarts.set(actorOf(event), event)
      }
      const list = activeSeen(asked.filters).filter(inRange)
      const starts = list
        .filter(isStart)
        .filter((event) => asked.mode === 'recurring' || firstStarts.get(actorOf(event))?.id === event.id)
      const periods = periodsOf(range, asked.interval, tz)
      const place = (event: TestEvent) => periods.findIndex((period) => period.label === label(event))
      const came = starts.map((event) => ({ actor: actorOf(event), at: place(event) }))
      const returned = list.filter(isReturn).map((event) => ({ actor: actorOf(event), at: place(event) }))
      return periods.map((cohort, at) => {
        const actors = new Set(came.filter((start) => start.at === at).map(({ actor }) => actor))
        const values = Array.from({ length: asked.periods + 1 }, (_, k) => {
          if (k === 0) return actors.size
          if (periods[at + k]?.ended !== true) return null
          const back = returned.filter((one) => (asked.count === 'on' ? one.at === at + k : one.at >= at + k))
          return [...actors].filter((actor) => back.some((one) => one.actor === actor)).length
        })
        return {
          cohort: cohort.label,
          size: actors.size,
          values,
          rates: values.map((value) => (value === null ? null : actors.size === 0 ? 0 : value / actors.size)),
          ...mark(cohort.partial),
        }
      })
    },

    exported({ from, to }: ReferenceRange, asked: { event?: string; filters: readonly ReferenceFilter[] }) {
      return events
        .filter((event) => event.time >= from && event.time < to)
        .filter((event) => asked.event === undefined || nameOf(event) === asked.event)
        .filter(seen(asked.filters))
        .sort((a, b) => (before(a, b) ? -1 : 1))
        .map((event) => event.id)
    },
  }
}

/** The last local date of the period inside the range. */
function lastDateIn(label: string, interval: string, { from, to, tz }: ReferenceRange): string {
  let last = ''
  for (let at = from; at < to; at += 3_600_000) {
    if (labelAt(at, interval, tz) === label && dateAt(at, tz) > last) last = dateAt(at, tz)
  }
  const end = to - 1
  return labelAt(end, interval, tz) === label && dateAt(end, tz) > last ? dateAt(end, tz) : last
}

function compare(op: string, a: JsonValue, b: JsonValue | undefined): boolean {
  let order: number
  if (typeof a === 'number' && typeof b === 'number') order = a - b
  else if (typeof a === 'string' && typeof b === 'string') order = byCodePoint(a, b)
  else return false
  return { gt: order > 0, gte: order >= 0, lt: order < 0, lte: order <= 0 }[op] as boolean
}

function byCodePoint(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)]
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const order = (left[at] as string).codePointAt(0)! - (right[at] as string).codePointAt(0)!
    if (order !== 0) return order
  }
  return left.length - right.length
}

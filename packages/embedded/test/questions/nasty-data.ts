// Generated datasets and questions that look for trouble: ties in time, late and contradicting links, aliases, users and
// anonymous ids of the same name, days on which clocks change, clock corrections, odd types and keys, history before the range.
import fc from 'fast-check'
import type { EventType, JsonObject, JsonValue } from '@penstock/contract'
import { testUuid, type TestEvent } from './event-list.ts'
import type { Filter, FilterOperator, Interval } from '@penstock/pipeline'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A zone and a moment in it at which the calendar does something. */
export const PLACES: readonly { tz: string; at: number }[] = [
  { tz: 'UTC', at: Date.UTC(2026, 10, 1) },
  { tz: 'Europe/Berlin', at: Date.UTC(2026, 9, 25, 1) },
  { tz: 'Europe/Berlin', at: Date.UTC(2026, 2, 29, 1) },
  { tz: 'America/New_York', at: Date.UTC(2026, 10, 1, 6) },
  { tz: 'America/New_York', at: Date.UTC(2026, 2, 8, 7) },
  { tz: 'Australia/Lord_Howe', at: Date.UTC(2026, 3, 4, 15) },
  { tz: 'Australia/Lord_Howe', at: Date.UTC(2026, 9, 3, 15, 30) },
  { tz: 'Pacific/Apia', at: Date.UTC(2011, 11, 30, 10) },
  { tz: 'Asia/Kathmandu', at: Date.UTC(2026, 11, 31, 18, 15) },
  { tz: 'America/Sao_Paulo', at: Date.UTC(2018, 10, 4, 3) },
  { tz: 'America/St_Johns', at: Date.UTC(2010, 10, 7, 2, 31) },
  { tz: 'Europe/London', at: Date.UTC(2026, 9, 25, 1) },
]

const TEXTS = [
  'x',
  '',
  '5',
  'true',
  'null',
  'é',
  '😀',
  '\uffff',
  'a\u0000b',
  `q"'\\\n\t`,
  ':12345678901234567890,',
]
const NUMBERS = [0, 1, -5, 5, 1.5, 0.1, 1e20, -1e20, 123456789012345680000, 1e300, 2 ** 53, 2 ** 63, 5e-324]
const KEYS = ['a', 'b', 'plan', '__proto__', 'constructor', 'ключ', 'n\u0000l', '1', 'q"\\']
const USERS = ['u1', 'u2', '42', 'ü😀', `q"'\\\n\t`]
const ANONYMOUS = ['a1', 'a2', 'a3', '42', 'u1']
const EVENTS = ['Opened', 'Bought', '$page', '\uffff', '😀', `q"'\\`]
const PAGES = ['Home', 'é', '5']

const scalar = fc.oneof(
  fc.constantFrom<JsonValue>(...TEXTS),
  fc.constantFrom<JsonValue>(...NUMBERS),
  fc.boolean() as fc.Arbitrary<JsonValue>,
  fc.constant<JsonValue>(null),
)

/** Through JSON, as an event comes: `__proto__` is a key, and -0 is 0. */
const objectOf = (value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...KEYS), value), { maxLength: 3, selector: ([key]) => key })
    .map((pairs) => pairs.map(([key, item]) => `${JSON.stringify(key)}:${JSON.stringify(item)}`).join(','))
    .map((text) => JSON.parse(`{${text}}`) as JsonObject)

const json = objectOf(
  fc.oneof(
    { weight: 4, arbitrary: scalar },
    {
      weight: 2,
      arbitrary: objectOf(fc.oneof(scalar, objectOf(scalar) as fc.Arbitrary<JsonValue>)),
    },
    { weight: 1, arbitrary: fc.array(scalar, { maxLength: 2 }) },
  ),
)

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

/** Few distinct offsets, so that times tie; around the change of clocks, and some long before. */
const offset = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(-1, 0, 1, -HOUR, HOUR - 1, -30 * 60_000, 45 * 60_000, -DAY, DAY, 2 * DAY),
  },
  { weight: 4, arbitrary: fc.integer({ min: -5 * DAY, max: 5 * DAY }) },
  { weight: 1, arbitrary: fc.integer({ min: -70 * DAY, max: -20 * DAY }) },
)

const who = fc.oneof(
  fc.record({ userId: fc.constantFrom(...USERS) }),
  fc.record({ anonymousId: fc.constantFrom(...ANONYMOUS) }),
  fc.record({ userId: fc.constantFrom(...USERS), anonymousId: fc.constantFrom(...ANONYMOUS) }),
)

const draft = fc.record({
  type: fc.constantFrom<EventType>('track', 'track', 'track', 'page', 'screen', 'identify', 'group', 'alias'),
  who,
  offset,
  event: fc.constantFrom(...EVENTS),
  user: fc.constantFrom(...USERS),
  previousId: fc.constantFrom(...ANONYMOUS),
  pageName: maybe(fc.constantFrom(...PAGES, '')),
  sessionId: maybe(fc.constantFrom('s1', 's2', '')),
  seq: maybe(fc.constantFrom(0, 1, 2 ** 53 - 1)),
  properties: maybe(json),
  context: maybe(json),
  traits: json,
  correctedBy: maybe(fc.integer({ min: -2 * DAY, max: 2 * DAY })),
})

export interface Dataset {
  tz: string
  at: number
  events: TestEvent[]
}

export const dataset: fc.Arbitrary<Dataset> = fc
  .tuple(fc.constantFrom(...PLACES), fc.array(draft, { minLength: 1, maxLength: 40 }), fc.nat())
  .map(([{ tz, at }, drafts, salt]) => ({
    tz,
    at,
    events: drafts.map((one, index): TestEvent => {
      const { type } = one
      const time = at + one.offset
      const needsUser = type === 'identify' || type === 'alias'
      return {
        id: testUuid(`${salt} ${index}`),
        type,
        time,
        receivedAt: time + 250,
        ...(type === 'track' ? { event: one.event } : {}),
        ...one.who,
        ...(needsUser ? { userId: one.user } : {}),
        ...(type === 'alias' ? { previousId: one.previousId } : {}),
        ...(type === 'group' ? { groupId: 'g1' } : {}),
        ...(type === 'identify' ? { traits: one.traits } : {}),
        ...defined({
          pageName: one.pageName,
          sessionId: one.sessionId,
          seq: one.seq,
          properties: one.properties,
          context: one.context,
          sent: one.correctedBy === undefined ? undefined : time + one.correctedBy || undefined,
        }),
      }
    }),
  }))

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

const key = fc.constantFrom(...KEYS)
const property = fc.oneof(
  fc.constantFrom('event', 'name', 'type', 'user_id', 'anonymous_id', 'session_id'),
  fc
    .tuple(
      fc.constantFrom('properties', 'context', 'user.traits'),
      fc.array(key, { minLength: 1, maxLength: 2 }),
    )
    .map(([root, keys]) => [root, ...keys].join('.')),
)
const text = fc.constantFrom(...TEXTS, ...USERS, ...ANONYMOUS, ...EVENTS, ...PAGES, 'track', 's1')
const value = fc.oneof(text, fc.constantFrom(...NUMBERS), fc.boolean())
const test: fc.Arbitrary<Omit<Filter, 'property'>> = fc.oneof(
  fc.record({ op: fc.constantFrom<FilterOperator>('eq', 'neq'), value }),
  fc.record({
    op: fc.constantFrom<FilterOperator>('in', 'not_in'),
    value: fc.array(value, { maxLength: 4 }),
  }),
  fc.record({ op: fc.constantFrom<FilterOperator>('contains', 'not_contains', 'starts_with'), value: text }),
  fc.record({
    op: fc.constantFrom<FilterOperator>('gt', 'gte', 'lt', 'lte'),
    value: fc.oneof(text, fc.constantFrom(...NUMBERS)),
  }),
  fc.record({ op: fc.constantFrom<FilterOperator>('exists', 'not_exists') }),
)

/** None mostly, so that the short ways of the SQL are tried as well. */
export const filters: fc.Arbitrary<Filter[]> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Filter[]>([]) },
  {
    weight: 2,
    arbitrary: fc.array(
      fc.tuple(property, test).map(([name, rest]) => ({ property: name, ...rest })),
      { minLength: 1, maxLength: 2 },
    ),
  },
)

export interface AskedRange {
  from: { days: number } | { ms: number }
  to: { days: number } | { ms: number }
  /** `as_of` against the place's moment. */
  asOf: number
}

const edge = (least: number, most: number) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ days: fc.integer({ min: least, max: most }) }) },
    { weight: 1, arbitrary: fc.record({ ms: fc.integer({ min: least * DAY, max: most * DAY }) }) },
  )

export const asked = fc.record({
  range: fc.record({
    from: edge(-12, -1),
    to: edge(0, 8),
    asOf: fc.integer({ min: -2 * DAY, max: 12 * DAY }),
  }),
  interval: fc.constantFrom<Interval>('hour', 'day', 'day', 'week', 'month'),
  event: maybe(fc.constantFrom(...EVENTS)),
  other: maybe(fc.constantFrom(...EVENTS)),
  rolling: fc.integer({ min: 1, max: 40 }),
  filters,
  limit: fc.integer({ min: 1, max: 6 }),
  order: fc.constantFrom<'events' | 'users'>('events', 'users'),
  periods: fc.integer({ min: 1, max: 9 }),
  mode: fc.constantFrom<'first_time' | 'recurring'>('first_time', 'recurring'),
  count: fc.constantFrom<'on' | 'on_or_after'>('on', 'on_or_after'),
})
export type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never

// The events of a crash run. An event is decided by (seed, number, variant) alone, so a ledger of numbers is enough to know
// every byte that was sent, and an id that comes back names its number. Variant 0 is the event, 1–6 are other contents
// under the same id (conflicts). Shares no code with the product: what is expected is worked out here on its own.
import { mix } from '../random.ts'

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type Fields = { [field: string]: Json }

/** Contents an id may have besides its own: 1 … this. */
export const MAX_VARIANT = 6

/** By which roads an event may go: old history goes by import only. */
export type RoadChoice = 'any' | 'import'

export interface EventMaker {
  readonly seed: number
  /** Start of the run; every timestamp is worked out from it. ms since 1970. */
  readonly baseTime: number
  /** Lower case. Both v4 and v7 occur. */
  id(number: number): string
  /** The number that an id was made from, or null for an id this maker never made. */
  numberOf(id: string): number | null
  roadOf(number: number): RoadChoice
  /** The contract's fields as sent; `timestamp` is absent in some. */
  fields(number: number, variant: number): Fields
}

const DAY_MS = 86_400_000
const TYPES = [
  'track',
  'track',
  'track',
  'track',
  'page',
  'page',
  'screen',
  'identify',
  'group',
  'alias',
] as const
const NAMES = [
  'Order Completed',
  'Product Viewed',
  'search',
  'Grüße 🎈',
  'it\'s "quoted" \\ back',
  'tab\tline\n',
  'signup',
]
const TEXTS = [
  '',
  'plain',
  'ünïcödé 漢字 🙂',
  '\u0000nul',
  '"}],',
  "'; DROP TABLE events_v1; --",
  'null',
  '\u2028\u2029',
]
const NUMBERS = [0, -1, 0.1, 1e21, 1e-7, 9_007_199_254_740_991, -2.5e-300, 123_456.789]

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')

/** Bits that tell one decision about an event from another. */
const draw = (seed: number, number: number, what: number) => mix(mix(seed, number), what)

export function createEventMaker(seed: number, baseTime: number): EventMaker {
  // The number stands in the last 48 bits, under a mask; all other bits follow from it and are checked on the way back.
  const maskHigh = mix(seed, 0x5eed) & 0xffff
  const maskLow = mix(seed, 0xfade)

  const id = (number: number): string => {
    const high = ((Math.floor(number / 4_294_967_296) & 0xffff) ^ maskHigh) >>> 0
    const low = ((number >>> 0) ^ maskLow) >>> 0
    const tail = hex(high, 4) + hex(low, 8)
    const a = draw(seed, number, 1)
    const b = draw(seed, number, 2)
    const variant = hex(0x8000 | (b & 0x3fff), 4)
    if (number % 3 === 0) return `${hex(a, 8)}-${hex(b >>> 16, 4)}-4${hex(a & 0xfff, 3)}-${variant}-${tail}`
    const time = hex(baseTime + (number % 60_000), 12)
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(a & 0xfff, 3)}-${variant}-${tail}`
  }

  const numberOf = (text: string): number | null => {
    const tail = text.slice(24)
    if (!/^[0-9a-f]{12}$/.test(tail)) return null
    const high = (parseInt(tail.slice(0, 4), 16) ^ maskHigh) >>> 0
    const low = (parseInt(tail.slice(4), 16) ^ maskLow) >>> 0
    const number = high * 4_294_967_296 + low
    return id(number) === text ? number : null
  }

  const fields = (number: number, variant: number): Fields => {
    const bits = draw(seed, number, 10 + variant)
    const pick = <Item>(items: readonly Item[], what: number): Item =>
      items[draw(seed, number, 100 * (variant + 1) + what) % items.length]!
    const type = TYPES[draw(seed, number, 3) % TYPES.length]!
    const user = `u${draw(seed, number, 4) % 5000}`
    const anonymous = `a${draw(seed, number, 5) % 8000}`
    const event: Fields = { event_id: id(number), type }
    if (type === 'track') event['event'] = pick(NAMES, 1)
    if ((type === 'page' || type === 'screen') && (bits & 1) === 0) event['name'] = `p ${pick(TEXTS, 2)}`
    const timestamp = timestampOf(seed, number, baseTime)
    if (timestamp !== null) event['timestamp'] = timestamp
    if (type === 'identify' || type === 'alias' || (bits & 2) === 0) event['user_id'] = user
    if (event['user_id'] === undefined || (bits & 4) === 0) event['anonymous_id'] = anonymous
    if (type === 'alias') event['previous_id'] = anonymous
    if (type === 'group') event['group_id'] = `g${bits % 50}`
    if ((bits & 8) === 0) event['session_id'] = `s${draw(seed, number, 6) % 9000}`
    if ((bits & 16) === 0) event['seq'] = bits >>> 20
    if (variant > 0 || (bits & 224) !== 0) {
      event['properties'] = JSON.parse(
        propertiesText(pick(TEXTS, 3), pick(NUMBERS, 4), variant, bits),
      ) as Json
    }
    if (type === 'identify' || (bits & 256) === 0)
      event['traits'] = { plan: pick(TEXTS, 5), size: pick(NUMBERS, 6) }
    if ((bits & 512) === 0)
      event['context'] = { library: { name: 'torture', deep: [[{ a: [] }], {}] }, ip: null }
    return event
  }

  return {
    seed,
    baseTime,
    id,
    numberOf,
    roadOf: (number) => (isHistory(seed, number) ? 'import' : 'any'),
    fields,
  }
}

const isHistory = (seed: number, number: number) => draw(seed, number, 7) % 20 === 0

/** Recent, up to 25 days old (two months of the cold store), history of a few old months, or none at all. */
function timestampOf(seed: number, number: number, baseTime: number): string | null {
  const bits = draw(seed, number, 8)
  if (isHistory(seed, number)) {
    const month = 1 + (bits % 4)
    // Years, but within the retention of the project, or sweeping would lose them.
    const year = new Date(baseTime).getUTCFullYear() - 5 + (bits % 3)
    return `${year}-0${month}-${hex(16 + (bits % 9), 2)}T23:59:5${bits % 10}.${hex(bits >>> 20, 3).replace(/[a-f]/g, '7')}Z`
  }
  if (bits % 10 === 0) return null
  const age = bits % 10 < 7 ? (bits >>> 8) % 3_600_000 : (bits >>> 4) % (25 * DAY_MS)
  const time = new Date(baseTime - age)
  const text = time.toISOString()
  if (bits % 7 === 0) return text.replace('Z', '789Z') // digits beyond milliseconds are cut
  if (bits % 7 === 1) return new Date(time.getTime() + 19_800_000).toISOString().replace('Z', '+05:30')
  return text
}

/** As JSON text, because `__proto__` must be a key like others. */
function propertiesText(text: string, number: number, variant: number, bits: number): string {
  const parts = [
    `"text":${JSON.stringify(text)}`,
    `"number":${JSON.stringify(number)}`,
    `"variant":${variant}`,
  ]
  if ((bits & 1024) === 0) parts.push('"__proto__":{"x":1}', '"constructor":"c"')
  if ((bits & 2048) === 0) parts.push('"none":null', '"list":[1,"two",false,null,{"three":[]}]')
  if ((bits & 4096) === 0) parts.push(`"filler":"${'x'.repeat(bits % 300)}"`)
  return `{${parts.join(',')}}`
}

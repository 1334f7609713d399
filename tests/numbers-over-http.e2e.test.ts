// The same events shuffled, split, joined and sent five times, by both roads at once: active users and top events must be
// exactly those of the set of events. What is expected is computed here, from the events alone.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  createApiClient,
  createRandom,
  DEV_KEYS,
  waitUntilCounted,
  type ApiClient,
  type Random,
} from '@penstock/test-kit'
import { type DevServer, startDev } from './cli/penstock.ts'

const EVENTS = process.env['TEST_FULL'] === '1' ? 200_000 : 50_000
const COPIES = 5
const DAY_MS = 86_400_000
const DAYS = 6
const FIRST_DAY = Math.floor(Date.now() / DAY_MS) * DAY_MS - (DAYS + 1) * DAY_MS
const NAMES = ['signup', 'Order Completed', 'search', 'Ünïcödé 🎈', 'z', 'Z', "it's", 'a "quoted" one']

interface Sent {
  event_id: string
  type: 'track' | 'page' | 'screen' | 'identify'
  event?: string
  timestamp: string
  user_id?: string
  anonymous_id?: string
}

function makeEvents(random: Random): Sent[] {
  return Array.from({ length: EVENTS }, (_, number) => {
    const person = random.int(0, 3999)
    const type = random.chance(0.75) ? 'track' : random.pick(['page', 'screen', 'identify'] as const)
    const time = FIRST_DAY + random.int(0, DAYS * DAY_MS - 1)
    const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
    const event: Sent = {
      event_id: `${hex(random.int(0, 2 ** 31), 8)}-0000-4000-8000-${hex(number, 12)}`,
      type,
      timestamp: new Date(time).toISOString(),
    }
    if (type === 'track') event.event = random.pick(NAMES)
    // A third of the people never say who they are; the others do in some events, which links their device.
    const known = person % 3 !== 0 && (type === 'identify' || random.chance(0.3))
    if (known) event.user_id = `user ${person}`
    if (!known || random.chance(0.5)) event.anonymous_id = `device ${person}`
    if (type === 'identify' && !known) event.user_id = `user ${person}`
    return event
  })
}

/** Actor of an event: its user, else the user its device was seen with (one here), else the device. */
function actors(events: readonly Sent[]): (event: Sent) => string {
  const links = new Map<string, string>()
  for (const { user_id, anonymous_id } of events) {
    if (user_id !== undefined && anonymous_id !== undefined) links.set(anonymous_id, user_id)
  }
  return ({ user_id, anonymous_id }) => {
    const user = user_id ?? links.get(anonymous_id ?? '')
    return user === undefined ? `anonymous/${anonymous_id}` : `user/${user}`
  }
}

let directory: string
let server: DevServer
let api: ApiClient
const events = makeEvents(createRandom(77))
const active = events.filter(({ type }) => type !== 'identify')
const actorOf = actors(events)

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'penstock-numbers-'))
  server = await startDev({ cwd: directory })
  api = createApiClient({ url: server.url, ...DEV_KEYS })
  await waitUntilCounted(api, await sendAll(createRandom(78)), { timeoutMs: 300_000 })
}, 600_000)
afterAll(async () => {
  await api.close()
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

/** Every event `COPIES` times, in random order and company; neighbouring bodies travel at the same time. */
async function sendAll(random: Random): Promise<string> {
  const bodies: Sent[][] = []
  for (let copy = 0; copy < COPIES; copy++) {
    const shuffled = random.shuffle(events)
    for (let at = 0; at < shuffled.length;) {
      const size = random.pick([1, 7, 100, 500, 1000])
      bodies.push(shuffled.slice(at, at + size))
      at += size
    }
  }
  const waiting = random.shuffle(bodies)
  let last = ''
  const send = async (own: Random) => {
    for (let body = waiting.pop(); body !== undefined; body = waiting.pop()) {
      const road = own.chance(0.2) ? '/v1/import' : '/events'
      const at = await accepted(road, JSON.stringify(body), body.length)
      if (at > last) last = at
    }
  }
  await Promise.all(Array.from({ length: 8 }, (_, index) => send(random.fork(`sender ${index}`))))
  return last
}

async function accepted(road: '/events' | '/v1/import', text: string, count: number): Promise<string> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await api.post(road, { text, gzip: text.length > 20_000 })
    if (answer.status === 202) {
      expect(answer.json()).toMatchObject({ accepted: count, rejected: [] })
      return answer.json()['accepted_at'] as string
    }
    if (answer.status !== 503) throw new Error(`${answer.status} ${answer.text}`)
    await new Promise((resolve) => setTimeout(resolve, 100 * Number(answer.headers['retry-after'])))
  }
  throw new Error(`${road} never accepted a body`)
}

const ask = async (path: string): Promise<unknown> => {
  const answer = await api.get(path)
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`)
  return answer.json()['data']
}
const date = (time: number) => new Date(time).toISOString().slice(0, 10)
const RANGE = `from=${date(FIRST_DAY)}&to=${date(FIRST_DAY + (DAYS - 1) * DAY_MS)}`

/** Different actors by a key of the event. */
function usersBy(list: readonly Sent[], keyOf: (event: Sent) => string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  for (const event of list) {
    const users = found.get(keyOf(event)) ?? new Set()
    found.set(keyOf(event), users.add(actorOf(event)))
  }
  return found
}

it('active users of each day are exact', async () => {
  const days = usersBy(active, ({ timestamp }) => timestamp.slice(0, 10))
  expect(days.size).toBe(DAYS)
  const expected = [...days]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([period, users]) => ({ period, users: users.size }))
  expect(await ask(`/v1/analytics/active-users?${RANGE}`)).toEqual(expected)
})

it('and of each day of a zone five and a half hours ahead', async () => {
  const days = usersBy(active, ({ timestamp }) => date(Date.parse(timestamp) + 19_800_000))
  const expected = Array.from({ length: DAYS }, (_, index) => date(FIRST_DAY + index * DAY_MS)).map(
    (period) => ({
      period,
      users: days.get(period)!.size,
    }),
  )
  expect(await ask(`/v1/analytics/active-users?${RANGE}&tz=Asia/Kolkata`)).toEqual(expected)
})

it('active users of one event are exact', async () => {
  const days = usersBy(
    active.filter(({ event }) => event === NAMES[3]),
    ({ timestamp }) => timestamp.slice(0, 10),
  )
  const rows = (await ask(`/v1/analytics/active-users?${RANGE}&event=${encodeURIComponent(NAMES[3]!)}`)) as {
    period: string
    users: number
  }[]
  expect(rows.map(({ period, users }) => [period, users])).toEqual(
    [...days]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([period, users]) => [period, users.size]),
  )
})

it('top events, their users and shares are exact', async () => {
  const nameOf = ({ type, event }: Sent) => (type === 'track' ? event! : `$${type}`)
  const counts = new Map<string, number>()
  for (const event of active) counts.set(nameOf(event), (counts.get(nameOf(event)) ?? 0) + 1)
  const users = usersBy(active, nameOf)
  const expected = [...counts]
    .sort(([leftName, left], [rightName, right]) => right - left || (leftName < rightName ? -1 : 1))
    .map(([event, count]) => ({ event, events: count, users: users.get(event)!.size }))
  const rows = (await ask(`/v1/analytics/top-events?${RANGE}&limit=1000`)) as { share: number }[]
  expect(rows).toMatchObject(expected)
  expect(rows).toHaveLength(expected.length)
  for (const [index, { share }] of rows.entries())
    expect(share).toBeCloseTo(expected[index]!.events / active.length, 9)
})

it('the export has each event once', async () => {
  const seen = new Map<string, number>()
  for await (const line of api.lines(`/v1/export?format=ndjson&${RANGE}`)) {
    if (line === '') continue
    const { event_id } = JSON.parse(line) as Sent
    seen.set(event_id, (seen.get(event_id) ?? 0) + 1)
  }
  expect(seen.size).toBe(EVENTS)
  expect(Math.max(...[...seen.values()].slice(0, 100_000))).toBe(1)
  expect([...seen.values()].every((count) => count === 1)).toBe(true)
})

it('empty texts that the contract allows come back as they were sent', async () => {
  const id = '019ab000-0000-7000-8000-00000000e001'
  const timestamp = new Date(FIRST_DAY - DAY_MS).toISOString()
  const sent = {
    event_id: id,
    type: 'page',
    name: '',
    session_id: '',
    user_id: 'u',
    timestamp,
    properties: {},
    traits: {},
    context: {},
  }
  const at = await accepted('/events', JSON.stringify(sent), 1)
  await waitUntilCounted(api, at, { timeoutMs: 60_000 })
  const day = date(FIRST_DAY - DAY_MS)
  const rows: unknown[] = []
  for await (const line of api.lines(`/v1/export?format=ndjson&from=${day}&to=${day}`))
    if (line !== '') rows.push(JSON.parse(line))
  expect(rows).toEqual([{ ...sent, received_at: expect.any(String) as string }])
  const receipt = await api.get(`/events/${id}`)
  expect(receipt.json()['event']).toEqual({ ...sent, received_at: expect.any(String) as string })
})

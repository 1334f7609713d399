import { gunzipSync } from 'node:zlib'
import { parseUuid } from '@penstock/contract'
import { describe, expect, it } from 'vitest'
import { sumCounters } from '../server-api/metrics-text.ts'
import { createAccount } from './account.ts'
import { createBodySource } from './body-source.ts'
import { createCrowd } from './crowd.ts'
import { createPace } from './pace.ts'
import { STEP_NAMES } from './visit.ts'
import { compare } from './verify.ts'

const OPTIONS = { seed: 's', run: 'run', start: Date.parse('2026-11-22T10:00:00Z'), days: 7 }
interface Parsed {
  event_id: string
  type: string
  event?: string
  timestamp: string
  user_id?: string
  anonymous_id: string
  session_id: string
  seq: number
}
const take = (count: number, options = OPTIONS) => {
  const crowd = createCrowd(options)
  return Array.from({ length: count }, () => crowd.next())
}

describe('createCrowd', () => {
  const made = take(20_000)
  const events = made.map(({ text }) => JSON.parse(text) as Parsed)

  it('does the same again with the same seed and start, and something else otherwise', () => {
    expect(take(500)).toEqual(made.slice(0, 500))
    const later = take(500, { ...OPTIONS, start: OPTIONS.start + 1 })
    const other = take(500, { ...OPTIONS, seed: 'other' })
    const ids = new Set(events.slice(0, 500).map((event) => event.event_id))
    for (const { text } of [...later, ...other])
      expect(ids.has((JSON.parse(text) as Parsed).event_id)).toBe(false)
  })

  it('makes events with ids of their own, inside the asked days', () => {
    expect(new Set(events.map((event) => event.event_id)).size).toBe(events.length)
    expect(events.every((event) => parseUuid(event.event_id) !== null)).toBe(true)
    const times = events.map((event) => Date.parse(event.timestamp))
    expect(Math.min(...times)).toBeGreaterThanOrEqual(OPTIONS.start - 7 * 86_400_000)
    expect(Math.max(...times)).toBeLessThanOrEqual(OPTIONS.start)
  })

  it('has people who come back, people who identify themselves later, and people who never do', () => {
    const sessions = new Map<string, Set<string>>()
    const known = new Map<string, Set<string>>()
    for (const { anonymous_id: anonymousId, session_id: session, user_id: userId } of events) {
      sessions.set(anonymousId, (sessions.get(anonymousId) ?? new Set()).add(session))
      known.set(anonymousId, (known.get(anonymousId) ?? new Set()).add(userId ?? ''))
    }
    const counts = [...sessions.values()].map((set) => set.size)
    const who = [...known.values()]
    expect(counts.filter((count) => count > 1).length).toBeGreaterThan(100)
    expect(who.filter((set) => set.size === 2).length).toBeGreaterThan(100)
    expect(who.filter((set) => set.size === 1 && set.has('')).length).toBeGreaterThan(100)
  })

  it('tells the account what stands in the event', () => {
    made.forEach(({ step, person, day }, index) => {
      const event = events[index]!
      expect(STEP_NAMES[step]).toBe(
        event.type === 'track' ? event.event : event.type === 'page' ? '$page' : 'identify',
      )
      expect(event.anonymous_id).toBe(`run-a${person}`)
      expect(day).toBe(Math.floor(Date.parse(event.timestamp) / 86_400_000))
    })
  })
})

describe('createBodySource', () => {
  it('mixes copies in that are byte for byte the events sent before', () => {
    const source = createBodySource(createCrowd(OPTIONS), { duplicates: 0.3, gzip: true, seed: 's' })
    const seen = new Map<string, string>()
    let copies = 0
    for (let index = 0; index < 20; index++) {
      const body = source.next(100)
      const texts = JSON.parse(gunzipSync(body.bytes).toString()) as Parsed[]
      expect(texts).toHaveLength(body.events)
      for (const event of texts) {
        const text = JSON.stringify(event)
        if (seen.has(event.event_id)) {
          copies += 1
          expect(seen.get(event.event_id)).toBe(text)
        } else seen.set(event.event_id, text)
      }
      copies -= body.events - body.fresh.length
    }
    expect(copies).toBe(0)
    expect(seen.size).toBeGreaterThan(1_200)
    expect(seen.size).toBeLessThan(1_600)
  })
})

describe('createAccount', () => {
  it('counts as a plain count does', () => {
    const account = createAccount()
    const made = take(5_000)
    account.settle(made.slice(0, 2_000))
    account.settle(made.slice(2_000))
    const name = STEP_NAMES.indexOf('product_viewed')
    const views = made.filter(({ step }) => step === name)
    expect(account.byName().get('product_viewed')).toEqual({
      events: views.length,
      users: new Set(views.map(({ person }) => person)).size,
    })
    expect(account.byName().has('identify')).toBe(false)
    const active = made.filter(({ step }) => STEP_NAMES[step] !== 'identify')
    for (const [day, people] of account.byDay()) {
      expect(people).toBe(
        new Set(active.filter((event) => event.day === day).map(({ person }) => person)).size,
      )
    }
  })
})

describe('createPace', () => {
  const run = async (options: { rate: number; durationMs: number | null; events: number }) => {
    let now = 1_000
    const dues: number[] = []
    const counts: number[] = []
    const sleep = (ms: number) => {
      now += ms
      return Promise.resolve()
    }
    const pace = createPace({ ...options, batch: 100, now: () => now, sleep })
    for (let turn = await pace.turn(); turn !== null; turn = await pace.turn()) {
      dues.push(turn.due)
      counts.push(turn.events)
      if (options.rate === 0) now += 100
    }
    return { dues, counts }
  }

  it('spaces requests by the rate', async () => {
    expect((await run({ rate: 1_000, durationMs: 350, events: Infinity })).dues).toEqual([
      1_000, 1_100, 1_200, 1_300,
    ])
  })

  it('sends exactly the asked number of events', async () => {
    expect((await run({ rate: 1_000, durationMs: null, events: 250 })).counts).toEqual([100, 100, 50])
  })

  it('goes as fast as it can without a rate', async () => {
    expect((await run({ rate: 0, durationMs: 300, events: Infinity })).dues).toEqual([1_000, 1_100, 1_200])
  })
})

describe('compare', () => {
  it('sees what is missing, what is too much and what differs', () => {
    const wanted = new Map([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ])
    const got = new Map([
      ['a', '1'],
      ['b', '3'],
      ['d', '4'],
    ])
    const finding = compare('x', wanted, got)
    expect(finding.result).toBe('wrong')
    expect(finding.detail).toBe('b: sent 2, counted 3; c: sent 3, counted none; d: sent none, counted 4')
    expect(compare('x', wanted, wanted).result).toBe('ok')
  })
})

describe('sumCounters', () => {
  it('sums over all series and by every label', () => {
    const sums = sumCounters('# HELP a b\na{store="cold",p="0"} 2\na{store="hot",p="0"} 3\nb 1e3\n')
    expect(sums.get('a')).toBe(5)
    expect(sums.get('a{store="cold"}')).toBe(2)
    expect(sums.get('a{p="0"}')).toBe(5)
    expect(sums.get('b')).toBe(1000)
  })
})

import { describe, expect, it } from 'vitest'
import { createRetention, secondsLeft } from './lifetimes.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 22)

describe('secondsLeft', () => {
  it('counts from the later of log time and event time', () => {
    const life = (logDays: number, eventDays: number) =>
      secondsLeft({ logTime: NOW - logDays * DAY, eventTime: NOW - eventDays * DAY }, 35 * DAY, NOW)
    expect(life(0, 0)).toBe(35 * 86_400)
    expect(life(1, 900)).toBe(34 * 86_400)
    expect(life(900, 1)).toBe(34 * 86_400)
  })

  it('ends at the same moment however often the row is written', () => {
    const event = { logTime: NOW, eventTime: NOW - DAY }
    for (const later of [0, 1, 9.5, 20]) {
      const now = NOW + later * DAY
      expect(now + secondsLeft(event, 35 * DAY, now) * 1_000).toBe(NOW + 35 * DAY)
    }
  })

  it('leaves a week to what was read late, and never more than servers take', () => {
    expect(secondsLeft({ logTime: NOW - 40 * DAY, eventTime: 0 }, 35 * DAY, NOW)).toBe(7 * 86_400)
    expect(secondsLeft({ logTime: NOW, eventTime: NOW + 90_000 * DAY }, 35 * DAY, NOW)).toBe(630_720_000)
  })
})

describe('retention', () => {
  it('is the shorter of the installation’s and the project’s, read once a minute', async () => {
    let now = NOW
    let reads = 0
    let retentionDays = 40
    const projects = () => {
      reads++
      return Promise.resolve([{ id: 'p', name: 'p', retentionDays, createdAt: 0 }])
    }
    const retention = createRetention({ projects: { projects }, hotRetentionMs: 90 * DAY, clock: () => now })
    await retention.refresh()
    await retention.refresh()
    expect(reads).toBe(1)
    expect(retention.hotMs('p')).toBe(40 * DAY)
    expect(retention.hotMs('other')).toBe(90 * DAY)
    retentionDays = 400
    now += 60_000
    await retention.refresh()
    expect(retention.hotMs('p')).toBe(90 * DAY)
  })
})

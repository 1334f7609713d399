import { describe, expect, it } from 'vitest'
import { createLogClock, createLogWake } from './log-clock.ts'

const HOUR = 3_600_000

describe('log clock', () => {
  it('follows the wall clock and never falls behind the last message', () => {
    let now = 10 * HOUR
    const clock = createLogClock(createLogWake(), () => now)
    expect(clock.begin(0)).toBe(10 * HOUR)
    clock.landed()
    now -= HOUR
    expect(clock.begin(10 * HOUR)).toBe(10 * HOUR)
    clock.landed()
    expect(clock.observe(10 * HOUR)).toBe(10 * HOUR)
    now += 2 * HOUR
    expect(clock.observe(10 * HOUR)).toBe(11 * HOUR)
  })

  it('observes nothing later than an append that is under way in another thread', () => {
    const shared = createLogWake()
    let now = 5_000
    const gateway = createLogClock(shared, () => now)
    const worker = createLogClock(shared, () => now)
    const logTime = gateway.begin(0)
    now += 300
    expect(worker.observe(0)).toBe(logTime)
    gateway.landed()
    expect(worker.observe(0)).toBe(5_300)
  })

  it('gives no message a time before what was observed, also when the clock is stepped back', () => {
    const shared = createLogWake()
    let now = 10 * HOUR
    const worker = createLogClock(shared, () => now)
    const gateway = createLogClock(shared, () => now)
    expect(worker.observe(0)).toBe(10 * HOUR)
    now -= HOUR
    expect(gateway.begin(0)).toBe(10 * HOUR)
    gateway.landed()
  })

  it('observes the earliest of several appends under way', () => {
    const shared = createLogWake()
    let now = 1_000
    const clocks = [1, 2, 3].map(() => createLogClock(shared, () => now))
    for (const clock of clocks) {
      clock.begin(0)
      now += 100
    }
    const observer = createLogClock(shared, () => now)
    expect(observer.observe(0)).toBe(1_000)
    clocks[0]?.landed()
    expect(observer.observe(0)).toBe(1_100)
  })

  it('loses no wake between the look and the sleep', async () => {
    const shared = createLogWake()
    const sleeper = createLogClock(shared, () => 1)
    const waker = createLogClock(shared, () => 1)
    const ticket = sleeper.ticket()
    waker.wake()
    await sleeper.sleep(ticket, 60_000)
    const asleep = sleeper.sleep(sleeper.ticket(), 60_000)
    waker.wake()
    await asleep
    expect(sleeper.ticket()).toBe(ticket + 2)
  })

  it('refuses shared memory that is too small, naming how to make it', () => {
    expect(() => createLogClock(new SharedArrayBuffer(4), () => 1)).toThrow(/createLogWake/)
  })
})

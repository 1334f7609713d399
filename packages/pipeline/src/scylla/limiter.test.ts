import { describe, expect, it } from 'vitest'
import { createLimiter } from './limiter.ts'

const gate = () => {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

describe('limiter', () => {
  it('never has more on the way than it may, and begins the others in their order', async () => {
    const limiter = createLimiter(3)
    let now = 0
    let most = 0
    const begun: number[] = []
    const works = Array.from({ length: 20 }, (_, index) => async () => {
      begun.push(index)
      most = Math.max(most, ++now)
      await Promise.resolve()
      now--
      return index
    })
    expect(await limiter.runAll(works)).toEqual(works.map((_, index) => index))
    expect(begun).toEqual(works.map((_, index) => index))
    expect(most).toBe(3)
    expect(limiter.load()).toEqual({ inFlight: 0, waiting: 0 })
  })

  it('says how much is on its way and how much waits', async () => {
    const limiter = createLimiter(1)
    const first = gate()
    const done = Promise.all([limiter.run(() => first.opened), limiter.run(() => Promise.resolve())])
    expect(limiter.load()).toEqual({ inFlight: 1, waiting: 1 })
    first.open()
    await done
    expect(limiter.load()).toEqual({ inFlight: 0, waiting: 0 })
  })

  it('begins nothing after a failure, and waits for what had begun', async () => {
    const limiter = createLimiter(2)
    const slow = gate()
    let slowEnded = false
    let begun = 0
    const all = limiter.runAll([
      async () => {
        await slow.opened
        slowEnded = true
      },
      () => Promise.reject(new Error('first failure')),
      () => {
        begun++
        return Promise.resolve()
      },
    ])
    const outcome = expect(all).rejects.toThrow('first failure')
    await Promise.resolve()
    slow.open()
    await outcome
    expect(slowEnded).toBe(true)
    expect(begun).toBe(0)
  })

  it('goes on after failures', async () => {
    const limiter = createLimiter(1)
    await expect(limiter.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await limiter.run(() => Promise.resolve(5))).toBe(5)
  })
})

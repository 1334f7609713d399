import { describe, expect, it } from 'vitest'
import { PipelineError, type StateRow } from '@penstock/pipeline'
import { createVirtualTime } from '../simulation/virtual-time.ts'
import { keepLease } from './hold-lease.ts'
import { leaseTimes } from './lease-times.ts'

const LEASE_MS = 6_000
const away = () => new PipelineError('unavailable', 'state', 'away')

/** A keeper whose store answers attempt `n`, counted from 1, as told; what others see of the lease. */
function setUp(answer: (attempt: number) => 'done' | 'done, answer lost' | 'not done') {
  const time = createVirtualTime(0)
  let attempts = 0
  let seen = { renewals: 0, changedAt: 0 }
  const keeper = keepLease({ partition: 0, epoch: 1 } as StateRow, 'me', 0, {
    leases: {
      renew: (_held, renewals) => {
        const outcome = answer(++attempts)
        if (outcome !== 'not done' && renewals !== seen.renewals) seen = { renewals, changedAt: time.now() }
        return outcome === 'done' ? Promise.resolve() : Promise.reject(away())
      },
    },
    monotonic: () => time.now(),
    sleep: (ms, signal) => time.sleep(ms, signal),
    times: leaseTimes(LEASE_MS),
    onStoreError: () => undefined,
    renewed: () => undefined,
  })
  /** Until the lease is over; returns when that was, by the clock and from what others saw last. */
  async function untilOver(): Promise<{ at: number; afterChange: number }> {
    while (!keeper.over.aborted) {
      time.advance()
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
    return { at: time.now(), afterChange: time.now() - seen.changedAt }
  }
  return { keeper, untilOver }
}

describe('a lease that is kept', () => {
  it('is over before others may take it, when no renewal arrives any more', async () => {
    const { keeper, untilOver } = setUp((attempt) => (attempt <= 3 ? 'done' : 'not done'))
    const { at, afterChange } = await untilOver()
    expect(at).toBeGreaterThan(3 * 1_500)
    expect(afterChange).toBeLessThan(LEASE_MS)
    expect(keeper.lost()).toBe('expired')
  })

  it('is over before that, too, when a renewal was done, its answer lost, and a repetition answered', async () => {
    const { untilOver } = setUp((attempt) =>
      attempt === 1 ? 'done, answer lost' : attempt === 12 ? 'done' : 'not done',
    )
    const { at, afterChange } = await untilOver()
    expect(at).toBeGreaterThan(LEASE_MS) // the repetition did prolong it
    expect(afterChange).toBeLessThan(LEASE_MS)
  })
})

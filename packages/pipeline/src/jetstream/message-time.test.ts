import { describe, expect, it } from 'vitest'
import { createMessageTimes } from './message-time.ts'

describe('log time of messages', () => {
  it('never falls, whatever the server stamped', () => {
    const times = createMessageTimes()
    for (const [seq, own] of [5_000, 5_010, 1_000, 1_005, 5_020].entries()) times.note(seq + 1, own)
    expect([1, 2, 3, 4, 5].map((seq) => times.timeOf(seq))).toEqual([5_000, 5_010, 5_010, 5_010, 5_020])
  })

  it('is the same in whatever order it is asked for', () => {
    const times = createMessageTimes()
    for (const [seq, own] of [5_000, 1_000, 6_000].entries()) times.note(seq + 1, own)
    expect([3, 1, 2].map((seq) => times.timeOf(seq))).toEqual([6_000, 5_000, 5_000])
  })

  it('is unknown behind a message that was not seen', () => {
    const times = createMessageTimes()
    times.note(1, 5_000)
    times.note(3, 6_000)
    expect([times.timeOf(2), times.timeOf(3), times.lastSeq()]).toEqual([null, null, 3])
    times.note(2, 7_000)
    expect(times.timeOf(3)).toBe(7_000)
  })

  it('goes on from a time that was settled elsewhere, and tells the latest as the floor of the next', () => {
    const times = createMessageTimes()
    times.settle(99, 9_000)
    times.note(100, 8_000)
    expect([times.timeOf(100), times.floor()]).toEqual([9_000, 9_000])
  })

  it('keeps a bounded number of messages', () => {
    const times = createMessageTimes()
    for (let seq = 1; seq <= 20_000; seq++) {
      times.note(seq, seq)
      times.timeOf(seq)
    }
    expect([times.timeOf(1), times.timeOf(20_000)]).toEqual([null, 20_000])
  })
})

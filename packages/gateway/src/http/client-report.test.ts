import { describe, expect, it } from 'vitest'
import { readClientReport } from './client-report.ts'

describe('client report', () => {
  it('reads when a body was sent and what the client lost', () => {
    const report = readClientReport(
      '/events?write_key=pk&sent_at=2026-11-22T10:00:00.000Z&dropped=queue_full:3,refused:1&retried=2',
    )
    expect(report.sentAt).toBe(Date.UTC(2026, 10, 22, 10))
    expect([...report.dropped]).toEqual([
      ['queue_full', 3],
      ['refused', 1],
    ])
    expect(report.retried).toBe(2)
  })

  it('ignores what it does not know and bounds what it counts', () => {
    const report = readClientReport(
      '/events?sent_at=soon&dropped=x:1,refused:-1,consent:99999999,,queue_full&retried=1e3',
    )
    expect(report.sentAt).toBeNaN()
    expect([...report.dropped]).toEqual([['consent', 10_000_000]])
    expect(report.retried).toBe(0)
    expect(readClientReport('/events').dropped.size).toBe(0)
  })
})

import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { joinMetrics } from './join-metrics.ts'

/** What one half of a process says about itself. */
function textOf(say: (registers: Registry[]) => void): Promise<string> {
  const registry = new Registry()
  say([registry])
  return registry.metrics()
}

async function joined(...says: ((registers: Registry[], value: number) => void)[]): Promise<string[]> {
  const texts = async (value: number) => textOf((registers) => says.forEach((say) => say(registers, value)))
  return joinMetrics(await texts(1), await texts(2)).split('\n')
}

const help = 'said by a test'

describe('two texts of one process', () => {
  it('add up what counts', async () => {
    const lines = await joined(
      (registers, value) =>
        new Counter({ name: 'penstock_errors_total', help, labelNames: ['kind'], registers }).inc(
          { kind: 'full' },
          value,
        ),
      (registers, value) =>
        new Histogram({ name: 'penstock_wait_seconds', help, buckets: [1], registers }).observe(value),
    )
    expect(lines).toContain('penstock_errors_total{kind="full"} 3')
    expect(lines).toContain('penstock_wait_seconds_bucket{le="1"} 1')
    expect(lines).toContain('penstock_wait_seconds_sum 3')
    expect(lines).toContain('penstock_wait_seconds_count 2')
  })

  it("keep the first one's gauge, since both measure the same", async () => {
    const lines = await joined((registers, value) =>
      new Gauge({ name: 'penstock_worker_lag_events', help, registers }).set(1_000 * value),
    )
    expect(lines.filter((line) => line.startsWith('penstock_worker_lag_events'))).toEqual([
      'penstock_worker_lag_events 1000',
    ])
  })

  it('hold each family once, with the series that either has', async () => {
    const queue = (name: string) => (registers: Registry[]) => {
      const labelNames = ['queue']
      new Gauge({ name: 'penstock_queue_bytes', help, labelNames, registers }).set({ queue: name }, 5)
    }
    const own = await textOf((registers) => {
      queue('log')(registers)
      new Counter({ name: 'process_cpu_seconds_total', help, registers }).inc(7)
    })
    const other = await textOf((registers) => {
      queue('cold')(registers)
      new Counter({ name: 'process_cpu_seconds_total', help, registers }).inc(8)
      new Gauge({ name: 'penstock_partitions_held', help, registers }).set(4)
    })
    const lines = joinMetrics(own, other).split('\n')
    for (const name of ['penstock_queue_bytes', 'penstock_partitions_held', 'process_cpu_seconds_total']) {
      expect(lines.filter((line) => line.startsWith(`# TYPE ${name} `))).toHaveLength(1)
    }
    expect(lines).toContain('penstock_queue_bytes{queue="log"} 5')
    expect(lines).toContain('penstock_queue_bytes{queue="cold"} 5')
    expect(lines).toContain('penstock_partitions_held 4')
    expect(lines).toContain('process_cpu_seconds_total 7')
  })
})

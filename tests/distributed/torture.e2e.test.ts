// The crash test of the services, a minute and a half of it: each kind of process dies once, one worker is stopped past its lease with
// an insert on its way, then every event is accounted for. `npm run torture -- --distributed` goes on for as long as one likes.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeClusterReport, tortureCluster } from '@penstock/test-kit/cluster'
import { ownServersSuite } from '@penstock/test-kit/server-suite'
import { expect, it } from 'vitest'

await ownServersSuite(['nats', 'cassandra', 'clickhouse'], () => {
  it(
    'killed with -9 one after the other, they count every accepted event once',
    { timeout: 400_000 },
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'penstock-torture-services-'))
      try {
        const report = await tortureCluster({
          directory,
          seed: 20_261_126,
          durationMs: 20_000,
          leastKills: 5,
          leastEvents: 8_000,
          leastOfEach: 1,
          stops: 1,
          outages: 0,
          outageMs: 0,
          steps: [],
          eventsPerSecond: 500,
          writers: 4,
          receipts: 200,
          catchUpMs: 120_000,
          say: () => undefined,
        })
        process.stderr.write(`${describeClusterReport(report)}\n`)
        expect(report.verdict.examples).toEqual([])
        expect(report.verdict).toMatchObject({ lost: 0, duplicated: 0, phantom: 0, corrupted: 0 })
        expect(report.surprises).toEqual([])
        expect(report.clean).toBe(true)
        // The run must have been worth its name.
        expect(Math.min(...Object.values(report.kills.ofEach))).toBeGreaterThan(0)
        expect(report.stops).toMatchObject([{ insertHeld: true }])
        expect(report.verdict.ok).toBeGreaterThan(5_000)
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    },
  )
})

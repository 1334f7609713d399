// The whole program from outside: POST to visible, sustained throughput, time to ready and idle memory, and what the worker's
// work costs a POST. Prints a table and one line of JSON; ends with 1 when a bar is missed. On a busy machine numbers mean
// nothing. `--quick` for a look at a tenth of the size.
import { percentile } from '@penstock/test-kit'
import { measurePostLatency } from './post-latency.ts'
import { createProgramUnderLoad, type ProgramUnderLoad } from './program-under-load.ts'
import { measureThroughput } from './throughput.ts'
import { measureVisible } from './visible.ts'

const quick = process.argv.includes('--quick')
const MIB = 1_048_576

async function inOwnDirectory<Result>(measure: (run: ProgramUnderLoad) => Promise<Result>): Promise<Result> {
  const run = await createProgramUnderLoad()
  try {
    return await measure(run)
  } finally {
    await run.remove()
  }
}

const ready = await inOwnDirectory(async (run) => {
  const times: number[] = []
  for (let starts = 0; starts < (quick ? 3 : 10); starts++) {
    times.push(await run.start())
    await run.stop()
  }
  await run.start()
  await new Promise((resolve) => setTimeout(resolve, quick ? 3000 : 15_000))
  return { p50: percentile(times, 0.5), max: percentile(times, 1), idleRssBytes: run.program().rssBytes() }
})
const visible = await inOwnDirectory(async (run) => {
  await run.start()
  return measureVisible(run, { eventsPerSecond: 5000, seconds: quick ? 12 : 60 })
})
const throughput = await inOwnDirectory(async (run) => {
  await run.start()
  await measureThroughput(run, 20_000) // warm
  return measureThroughput(run, quick ? 100_000 : 1_000_000)
})
const latency = await inOwnDirectory((run) =>
  measurePostLatency(run, { backlogEvents: quick ? 200_000 : 1_000_000, seconds: quick ? 8 : 25 }),
)

const rows: [string, string, string, boolean][] = [
  ['ready, p50 / max', `${ready.p50} / ${ready.max} ms`, '< 5000 ms', ready.max < 5000],
  ['idle memory', `${Math.round(ready.idleRssBytes / MIB)} MiB`, '< 500 MB', ready.idleRssBytes < 500e6],
  [
    `visible in hot, p50 / p99, at ${visible.eventsPerSecond}/s`,
    `${visible.hotMs.p50} / ${visible.hotMs.p99} ms`,
    '≤ 250 ms',
    visible.hotMs.p99 <= 250,
  ],
  [
    'visible in cold, p50 / p99',
    `${visible.coldMs.p50} / ${visible.coldMs.p99} ms`,
    '≤ 2000 ms',
    visible.coldMs.p99 <= 2000,
  ],
  [
    'counted in answers, p50 / p99',
    `${visible.answersMs.p50} / ${visible.answersMs.p99} ms`,
    '≤ 2000 ms',
    visible.answersMs.p99 <= 2000,
  ],
  [
    `end to end, ${throughput.events} events`,
    `${throughput.endToEndPerSecond}/s (accepted ${throughput.acceptedPerSecond}/s, peak ${Math.round(throughput.peakRssBytes / MIB)} MiB)`,
    '≥ 20000/s',
    throughput.endToEndPerSecond >= 20_000,
  ],
  [
    'POST p99, draining / no worker',
    `${latency.whileDraining.p99} / ${latency.withoutWorker.p99} ms = ${latency.ratio} (${latency.whileDraining.posts} posts)`,
    '≤ 2',
    latency.ratio <= 2,
  ],
]
process.stdout.write('| what | measured | bar | |\n| --- | --- | --- | --- |\n')
for (const [what, measured, bar, holds] of rows) {
  process.stdout.write(`| ${what} | ${measured} | ${bar} | ${holds ? 'holds' : 'MISSED'} |\n`)
}
process.stdout.write(`${JSON.stringify({ ready, visible, throughput, latency })}\n`)
process.exitCode = rows.every(([, , , holds]) => holds) ? 0 : 1

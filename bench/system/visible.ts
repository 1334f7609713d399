// (a) How long after a POST began is its event visible: in the hot store (receipt), in the cold one (receipt says `cold`), and
// in answers (`as_of` has passed it). Measured on single probe events among a steady load.
import { percentile } from '@penstock/test-kit'
import { makeBody } from './made-bodies.ts'
import type { ProgramUnderLoad } from './program-under-load.ts'

export interface Visible {
  eventsPerSecond: number
  probes: number
  hotMs: { p50: number; p99: number }
  coldMs: { p50: number; p99: number }
  answersMs: { p50: number; p99: number }
}

const BATCH = 100

export async function measureVisible(
  run: ProgramUnderLoad,
  options: { eventsPerSecond: number; seconds: number },
): Promise<Visible> {
  const bodies = Array.from(
    { length: Math.ceil((options.eventsPerSecond * options.seconds) / BATCH) },
    () => makeBody(BATCH).bytes,
  )
  const startedAt = performance.now()
  const total = bodies.length
  let sent = 0
  const load = (async () => {
    const answers: Promise<unknown>[] = []
    for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
      const due = startedAt + (sent++ * BATCH * 1000) / options.eventsPerSecond
      if (due > performance.now()) await pause(due - performance.now())
      answers.push(run.post(body))
    }
    await Promise.all(answers)
  })()

  const asOf = watchAsOf(run)
  const probes: Promise<[number, number, number]>[] = []
  // The first seconds warm up; the last ones leave no probe outside of the load.
  await pause(3000)
  while (sent < total - (3 * options.eventsPerSecond) / BATCH) {
    probes.push(probe(run, asOf.passed))
    await pause(150)
  }
  const times = await Promise.all(probes)
  await load
  const seconds = (performance.now() - startedAt) / 1000
  asOf.stop()
  const summary = (index: 0 | 1 | 2) => {
    const values = times.map((time) => time[index])
    return { p50: percentile(values, 0.5), p99: percentile(values, 0.99) }
  }
  return {
    eventsPerSecond: Math.round((total * BATCH) / seconds),
    probes: times.length,
    hotMs: summary(0),
    coldMs: summary(1),
    answersMs: summary(2),
  }
}

async function probe(
  run: ProgramUnderLoad,
  passed: (at: string) => Promise<void>,
): Promise<[number, number, number]> {
  const { bytes, eventId } = makeBody(1)
  const startedAt = performance.now()
  const elapsed = () => performance.now() - startedAt
  const acceptedAt = await run.post(bytes)
  const inAnswers = passed(acceptedAt).then(elapsed)
  let hotMs = 0
  for (;;) {
    const answer = await run.api.get(`/events/${eventId}`)
    if (answer.status === 200) {
      if (hotMs === 0) hotMs = elapsed()
      if (answer.json()['state'] === 'cold') break
    }
    await pause(hotMs === 0 ? 5 : 20)
  }
  return [hotMs, elapsed(), await inAnswers]
}

/** One question at a time tells every probe how far answers are: a question per probe would be a load of its own. */
function watchAsOf(run: ProgramUnderLoad): { passed: (at: string) => Promise<void>; stop: () => void } {
  const waiting: { at: string; resolve: () => void }[] = []
  let going = true
  void (async () => {
    while (going) {
      const asOf = String(
        (await run.api.get('/v1/analytics/active-users?from=2020-01-01&to=2020-01-02')).json()['as_of'],
      )
      for (const waiter of waiting.splice(0)) {
        if (asOf > waiter.at) waiter.resolve()
        else waiting.push(waiter)
      }
      await pause(50)
    }
  })()
  return {
    passed: (at) => new Promise((resolve) => waiting.push({ at, resolve })),
    stop: () => void (going = false),
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

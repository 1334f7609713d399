// (b) Events a second from the first POST until the last event is in the answers, as fast as the program takes them, with the
// load generator on the same cores.
import { makeBody } from './made-bodies.ts'
import type { ProgramUnderLoad } from './program-under-load.ts'

export interface Throughput {
  events: number
  /** Until the last 202. */
  acceptedPerSecond: number
  /** Until everything is in the answers. */
  endToEndPerSecond: number
  peakRssBytes: number
}

const BATCH = 500
const SENDERS = 8

export async function measureThroughput(run: ProgramUnderLoad, events: number): Promise<Throughput> {
  const bodies = Array.from({ length: Math.ceil(events / BATCH) }, () => makeBody(BATCH).bytes)
  const sent = bodies.length * BATCH
  let peakRssBytes = 0
  const watch = setInterval(() => (peakRssBytes = Math.max(peakRssBytes, run.program().rssBytes())), 200)
  const startedAt = performance.now()
  const send = async () => {
    for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) await run.post(body)
  }
  await Promise.all(Array.from({ length: SENDERS }, send))
  const acceptedSeconds = (performance.now() - startedAt) / 1000
  await run.counted()
  const seconds = (performance.now() - startedAt) / 1000
  clearInterval(watch)
  return {
    events: sent,
    acceptedPerSecond: Math.round(sent / acceptedSeconds),
    endToEndPerSecond: Math.round(sent / seconds),
    peakRssBytes,
  }
}

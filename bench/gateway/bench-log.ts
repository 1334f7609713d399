// The event log that the two benches of its durability append to: the production adapter with one partition, on a given server.
import { migrateJetStream, openJetStreamLog, type JetStreamLog } from '@penstock/pipeline/jetstream'
import { makeChunks } from '../worker/made-events.ts'

export async function openBenchLog(url: string, maxBytes: number): Promise<JetStreamLog> {
  const options = { servers: [url], name: 'bench', partitions: 1, maxBytes }
  await migrateJetStream({ ...options, letterBytes: 1_048_576 })
  return openJetStreamLog(options)
}

/** One message of the log with so many events (≤ 500). */
export function message(events: number): Uint8Array {
  const [chunk] = makeChunks(events, 0).chunks
  if (chunk === undefined) throw new Error('no events were made')
  return chunk
}

export function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[list.length >> 1] ?? NaN
}

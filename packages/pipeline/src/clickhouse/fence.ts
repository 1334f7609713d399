// Keeps the inserts of an older holder of a partition out: a durable row that every fenced insert reads, and then the end of
// those inserts that had read before it was there.
import { PipelineError } from '../errors.ts'
import type { ColdInsert } from '../ports/cold-store.ts'
import type { ColdClient } from './cold-client.ts'

const POLL_MS = 100
const MAX_POLLS = 300

/** `query_id` of an insert: who may still be running is read from it. */
export const insertQueryId = (insert: ColdInsert, part: string): string =>
  `penstock-${insert.partition.toFixed(0)}-${insert.epoch.toFixed(0)}-${insert.attemptToken}-${part}`

/**
 * Resolves when no insert of an older epoch of the partition can happen any more. Idempotent.
 * @throws PipelineError `unavailable` when a running insert did not end within half a minute; the fence itself stands.
 */
export async function raiseFence(
  client: ColdClient,
  fence: { partition: number; epoch: number },
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  const { partition, epoch } = fence
  await client.command({
    query: `INSERT INTO fences_v1 (partition, epoch) SETTINGS async_insert = 0 VALUES (${partition.toFixed(0)}, ${epoch.toFixed(0)})`,
  })
  for (let poll = 0; poll < MAX_POLLS; poll++) {
    const running = await olderInserts(client, partition, epoch)
    if (running.length === 0) return
    const ids = running.map((id) => `'${id}'`).join(', ')
    // ASYNC: the other form waits for the query inside the engine and can hang.
    await client.command({ query: `KILL QUERY WHERE query_id IN (${ids}) ASYNC` })
    await sleep(POLL_MS)
  }
  throw new PipelineError('unavailable', 'cold', 'An insert of an older epoch is still running.')
}

async function olderInserts(client: ColdClient, partition: number, epoch: number): Promise<string[]> {
  const prefix = `penstock-${partition.toFixed(0)}-`
  const result = await client.query({
    query: `SELECT query_id FROM system.processes WHERE startsWith(query_id, '${prefix}')`,
    format: 'JSONEachRow',
  })
  const rows = await result.json<{ query_id: string }>()
  return rows
    .map((row) => row.query_id)
    .filter((id) => /^[A-Za-z0-9_-]+$/.test(id) && Number(id.slice(prefix.length).split('-')[0]) < epoch)
}

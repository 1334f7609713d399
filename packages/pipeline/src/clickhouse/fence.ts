// Keeps the inserts of an older holder of a partition out: a durable row that every fenced insert reads, and then the end of
// those inserts that had read before it was there.
import { PipelineError } from '../errors.ts'
import type { ColdInsert } from '../ports/cold-store.ts'
import type { ColdClient } from './cold-client.ts'

const POLL_MS = 100
const MAX_POLLS = 300

const ownerPrefix = (partition: number): string => `penstock-insert-${partition.toFixed(0)}-`

/** Names an insert: whether it may still be running, and of which epoch it is, is read from it. */
export const insertQueryId = (insert: ColdInsert, part: string): string =>
  `${ownerPrefix(insert.partition)}${insert.epoch.toFixed(0)}-${insert.attemptToken}-${part}`

/** Stands in front of the statement. An engine may give a query another id than the one it was sent with; its text stays. */
export const insertMark = (id: string): string => `/* ${id} */`

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
    const marks = running.map((id) => `'${insertMark(id)}'`).join(', ')
    // ASYNC: the other form waits for the query inside the engine and can hang. The statement does not end itself.
    await client.command({ query: `KILL QUERY WHERE multiSearchAny(query, [${marks}]) ASYNC` })
    await sleep(POLL_MS)
  }
  throw new PipelineError('unavailable', 'cold', 'An insert of an older epoch is still running.')
}

async function olderInserts(client: ColdClient, partition: number, epoch: number): Promise<string[]> {
  const prefix = ownerPrefix(partition)
  const result = await client.query({
    query: `SELECT extract(query, '/\\* (penstock-insert-[A-Za-z0-9_-]+) \\*/') AS id FROM system.processes
            WHERE startsWith(id, '${prefix}') AND query NOT LIKE '%system.processes%'`,
    format: 'JSONEachRow',
  })
  const rows = await result.json<{ id: string }>()
  return rows.map((row) => row.id).filter((id) => Number(id.slice(prefix.length).split('-')[0]) < epoch)
}

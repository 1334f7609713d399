// Reads of the registry, grouped so that a batch costs tens of queries.
import { PipelineError } from '../errors.ts'
import { identityKey, type Identity, type Position } from '../ports/identity.ts'
import type { RegistryEntry, RegistryState } from '../ports/worker-state.ts'
import type { Cql, CqlRow } from './cql.ts'
import { byShard, type ShardQuery } from './event-shard.ts'
import type { Statement, Statements } from './statements.ts'

/** Entries of the identities, in their order; null for unknown ones. */
export async function lookupEntries(
  cql: Cql,
  statements: Statements,
  identities: readonly Identity[],
): Promise<(RegistryEntry | null)[]> {
  const found = await readByShard(cql, { store: 'state', statement: statements.entriesOf, identities })
  return identities.map((identity) => {
    const row = found.get(identityKey(identity))
    return row === undefined ? null : decodeEntry(row)
  })
}

/** Rows of a table with the registry's key, by `identityKey`. */
export async function readByShard(
  cql: Cql,
  query: { store: 'state' | 'hot'; statement: Statement; identities: readonly Identity[] },
): Promise<Map<string, CqlRow>> {
  const queries = byShard(query.identities)
  const answers = await cql.readAll(
    query.store,
    queries.map((one) => ({ statement: query.statement, params: paramsOf(one) })),
  )
  const found = new Map<string, CqlRow>()
  for (const [index, rows] of answers.entries()) {
    const { projectId } = queries[index] as ShardQuery<Identity>
    for (const row of rows) found.set(identityKey({ projectId, eventId: row['event_id'] as Uint8Array }), row)
  }
  return found
}

const paramsOf = ({ projectId, bucket, shard, items }: ShardQuery<Identity>) => [
  projectId,
  bucket,
  shard,
  items.map(({ eventId }) => eventId),
]

export const ownerOf = (row: CqlRow): Position => ({
  partition: row['owner_partition'] as number,
  seq: Number(row['owner_seq'] as bigint),
  idx: row['owner_idx'] as number,
})

const STATES: ReadonlySet<unknown> = new Set<RegistryState>(['live', 'dead', 'erased'])

function decodeEntry(row: CqlRow): RegistryEntry {
  const state: unknown = row['state']
  const hash: unknown = row['hash']
  if (!STATES.has(state) || !(hash instanceof Uint8Array)) {
    throw new PipelineError('corrupt', 'state', 'an entry of the registry has no state that is known here')
  }
  return { owner: ownerOf(row), hash, state: state as RegistryState }
}

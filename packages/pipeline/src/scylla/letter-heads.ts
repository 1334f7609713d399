// What changes about a dead letter: its attempts and what an admin made of it. Attempts are counted by the worker of the letter's
// partition, each at most once, because a position at or before the last one has been counted. A settlement belongs to the number
// of attempts that it was made at, so one more attempt opens the letter again without anything being undone.
import type { DeadLetterReason } from '@penstock/contract'
import type { DeadLetterState } from '../ports/dead-letters.ts'
import { samePosition, type Position } from '../ports/identity.ts'
import type { Cql, CqlRow } from './cql.ts'
import type { Statements } from './statements.ts'

export interface LetterHead {
  id: string
  reason: DeadLetterReason
  deadAt: number
  attempts: number
  lastPosition: Position
  state: DeadLetterState
  /** The number of attempts of its last settlement; null when there was none. */
  settledAttempts: number | null
}

const LETTER_SHARDS = 32
/** Counting asks each of these once. */
export const OPEN_SHARDS = 8
const IDS_PER_QUERY = 100

export function letterShard(letterId: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < letterId.length; index++)
    hash = Math.imul(hash ^ letterId.charCodeAt(index), 0x01000193)
  return (hash ^ (hash >>> 15)) & (LETTER_SHARDS - 1)
}

export const openShard = (letterId: string): number => letterShard(letterId) % OPEN_SHARDS

export const allLetterShards = (): number[] => Array.from({ length: LETTER_SHARDS }, (_, shard) => shard)

export interface LetterName {
  projectId: string
  id: string
}

export const letterKey = ({ projectId, id }: LetterName): string => `${projectId.length}/${projectId}${id}`

/** Letters by partition, in queries of bounded size. */
export function byLetterShard(
  names: readonly LetterName[],
  idsPerQuery = IDS_PER_QUERY,
): { projectId: string; shard: number; ids: string[] }[] {
  const open = new Map<string, { projectId: string; shard: number; ids: string[] }>()
  const queries: { projectId: string; shard: number; ids: string[] }[] = []
  for (const { projectId, id } of names) {
    const shard = letterShard(id)
    const key = `${shard}/${projectId}`
    let query = open.get(key)
    if (query === undefined || query.ids.length >= idsPerQuery) {
      query = { projectId, shard, ids: [] }
      open.set(key, query)
      queries.push(query)
    }
    query.ids.push(id)
  }
  return queries
}

/** By `letterKey`; those that are not there are missing. */
export async function readHeads(
  cql: Cql,
  statements: Statements,
  names: readonly LetterName[],
): Promise<Map<string, LetterHead>> {
  const queries = byLetterShard(names)
  const answers = await cql.readAll(
    'state',
    queries.map(({ projectId, shard, ids }) => ({
      statement: statements.letterHeadsOf,
      params: [projectId, shard, ids],
    })),
  )
  const heads = new Map<string, LetterHead>()
  for (const [index, rows] of answers.entries()) {
    const projectId = queries[index]?.projectId ?? ''
    for (const row of rows) {
      const head = decodeHead(row)
      heads.set(letterKey({ projectId, id: head.id }), head)
    }
  }
  return heads
}

function decodeHead(row: CqlRow): LetterHead {
  return {
    id: row['letter_id'] as string,
    reason: row['reason'] as DeadLetterReason,
    deadAt: Number(row['dead_at'] as bigint),
    attempts: row['attempts'] as number,
    lastPosition: {
      partition: row['last_partition'] as number,
      seq: Number(row['last_seq'] as bigint),
      idx: row['last_idx'] as number,
    },
    state: stateOf(row),
    settledAttempts: row['settled_attempts'] as number | null,
  }
}

/** A settlement counts as long as no attempt came after it. */
export function stateOf(row: CqlRow): DeadLetterState {
  return row['settled_attempts'] === row['attempts'] ? (row['settled_state'] as DeadLetterState) : 'open'
}

/** Copies of one identity meet in one partition, so their positions have an order. */
export function isCounted(position: Position, last: Position): boolean {
  if (samePosition(position, last)) return true
  if (position.partition !== last.partition) return false
  return position.seq < last.seq || (position.seq === last.seq && position.idx < last.idx)
}

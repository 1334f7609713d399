// Joins the events of requests that wait into chunks, one message of the log each: what arrives while an append is in flight
// shares the next one (commit-rounds.ts says when that goes out). A ticket stands for one request, whose events may lie in several
// chunks and partitions.
// Guarantee: a ticket settles only when every chunk with an event of it has settled, with the latest log time, or with the
// error of one that failed. Order inside a partition is the order of adding.
import { CHUNK_LIMITS } from '@penstock/contract'
import { ChunkBuilder, type PackedEvent, chunkEventBytes, partitionOf } from '@penstock/contract/stream'
import type { EventLog, Failpoint } from '@penstock/pipeline'
import { createCommitRounds } from './commit-rounds.ts'

/**
 * Appends of one partition that go out together, and share a sync where the log can. The next ones wait until all are back:
 * overlapping them would only make the groups smaller.
 */
const MAX_APPENDS_TOGETHER = 8

export interface Ticket {
  /** Chunks that hold events of it and have not settled. */
  pending: number
  /** Highest log time of its chunks so far. */
  logTime: number
  error: Error | null
  settle: (() => void) | null
}

export interface GroupCommit {
  open(): Ticket
  /** Reads `event` and keeps only its `source`. */
  add(ticket: Ticket, event: PackedEvent): void
  /** Call after the last `add`: resolves with the log time when all is durable, rejects with the log's error. */
  durable(ticket: Ticket): Promise<number>
}

interface Chunk {
  builder: ChunkBuilder
  tickets: Ticket[]
}

export function createGroupCommit(log: EventLog, failpoint: Failpoint): GroupCommit {
  /** Per partition: chunks that wait. Events are added to the last one. */
  const waiting = Array.from({ length: log.partitions }, (): Chunk[] => [])
  const rounds = createCommitRounds(log.partitions, appendWaiting)
  // Builders are used again: their buffers have grown to what is usual.
  const idle: ChunkBuilder[] = []

  function chunkFor(partition: number, length: number): Chunk {
    const chunks = waiting[partition] as Chunk[]
    const last = chunks.at(-1)
    if (
      last !== undefined &&
      last.builder.count < CHUNK_LIMITS.maxEvents &&
      last.builder.bytes + chunkEventBytes(length) <= CHUNK_LIMITS.maxBytes
    ) {
      return last
    }
    const chunk = { builder: idle.pop() ?? new ChunkBuilder(), tickets: [] }
    chunks.push(chunk)
    return chunk
  }

  function appendWaiting(partition: number): Promise<void> | null {
    const chunks = (waiting[partition] as Chunk[]).splice(0, MAX_APPENDS_TOGETHER)
    const [first, ...more] = chunks.map((chunk) => append(partition, chunk))
    if (first === undefined) return null
    return more.length === 0 ? first : Promise.all([first, ...more]).then(() => undefined)
  }

  /** Never rejects: the tickets are told. */
  async function append(partition: number, chunk: Chunk): Promise<void> {
    try {
      const bytes = chunk.builder.finish()
      if (idle.length < MAX_APPENDS_TOGETHER * log.partitions) idle.push(chunk.builder)
      failpoint('ingest.before_append')
      const { logTime } = await log.append(partition, bytes)
      failpoint('ingest.after_append')
      for (const ticket of chunk.tickets) ticket.logTime = Math.max(ticket.logTime, logTime)
    } catch (error) {
      const failure = error instanceof Error ? error : new Error('append failed', { cause: error })
      for (const ticket of chunk.tickets) ticket.error ??= failure
    }
    for (const ticket of chunk.tickets) if (--ticket.pending === 0) ticket.settle?.()
  }

  return {
    open: () => ({ pending: 0, logTime: 0, error: null, settle: null }),
    add(ticket, event) {
      const partition = partitionOf(event.projectId, event.ids, event.idOffset, log.partitions)
      const chunk = chunkFor(partition, event.end - event.start)
      if (chunk.tickets.at(-1) !== ticket) {
        chunk.tickets.push(ticket)
        ticket.pending++
        rounds.ready(partition)
      }
      chunk.builder.addPacked(event)
    },
    durable: (ticket) =>
      new Promise((resolve, reject) => {
        ticket.settle = () => {
          if (ticket.error === null) resolve(ticket.logTime)
          else reject(ticket.error)
        }
        if (ticket.pending === 0) ticket.settle()
      }),
  }
}

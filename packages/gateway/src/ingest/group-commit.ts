// Joins the events of requests that wait into chunks, one message of the log each: what arrives while an append is in flight
// shares the next one. A ticket stands for one request, whose events may lie in several chunks and partitions.
// Guarantee: a ticket settles only when every chunk with an event of it has settled, with the latest log time, or with the
// error of one that failed. Order inside a partition is the order of adding.
import { CHUNK_LIMITS } from '@penstock/contract'
import { ChunkBuilder, type PackedEvent, chunkEventBytes, partitionOf } from '@penstock/contract/stream'
import type { EventLog, Failpoint } from '@penstock/pipeline'

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

interface Partition {
  number: number
  /** Chunks that wait; events are added to the last one. */
  waiting: Chunk[]
  inFlight: number
  scheduled: boolean
}

export function createGroupCommit(log: EventLog, failpoint: Failpoint): GroupCommit {
  const partitions = Array.from({ length: log.partitions }, (_, number): Partition => ({
    number,
    waiting: [],
    inFlight: 0,
    scheduled: false,
  }))
  // Builders are used again: their buffers have grown to what is usual.
  const idle: ChunkBuilder[] = []

  function chunkFor(partition: Partition, length: number): Chunk {
    const last = partition.waiting.at(-1)
    if (
      last !== undefined &&
      last.builder.count < CHUNK_LIMITS.maxEvents &&
      last.builder.bytes + chunkEventBytes(length) <= CHUNK_LIMITS.maxBytes
    ) {
      return last
    }
    const chunk = { builder: idle.pop() ?? new ChunkBuilder(), tickets: [] }
    partition.waiting.push(chunk)
    return chunk
  }

  // After the events of the loop's current turn: whoever else is readable now joins.
  function schedule(partition: Partition): void {
    if (partition.scheduled || partition.waiting.length === 0 || partition.inFlight > 0) return
    partition.scheduled = true
    setImmediate(() => {
      partition.scheduled = false
      for (const chunk of partition.waiting.splice(0, MAX_APPENDS_TOGETHER)) void append(partition, chunk)
    })
  }

  async function append(partition: Partition, chunk: Chunk): Promise<void> {
    partition.inFlight++
    try {
      const bytes = chunk.builder.finish()
      if (idle.length < MAX_APPENDS_TOGETHER * partitions.length) idle.push(chunk.builder)
      failpoint('ingest.before_append')
      const { logTime } = await log.append(partition.number, bytes)
      failpoint('ingest.after_append')
      for (const ticket of chunk.tickets) ticket.logTime = Math.max(ticket.logTime, logTime)
    } catch (error) {
      const failure = error instanceof Error ? error : new Error('append failed', { cause: error })
      for (const ticket of chunk.tickets) ticket.error ??= failure
    }
    partition.inFlight--
    for (const ticket of chunk.tickets) if (--ticket.pending === 0) ticket.settle?.()
    schedule(partition)
  }

  return {
    open: () => ({ pending: 0, logTime: 0, error: null, settle: null }),
    add(ticket, event) {
      const number = partitionOf(event.projectId, event.ids, event.idOffset, partitions.length)
      const partition = partitions[number] as Partition
      const chunk = chunkFor(partition, event.end - event.start)
      if (chunk.tickets.at(-1) !== ticket) {
        chunk.tickets.push(ticket)
        ticket.pending++
      }
      chunk.builder.addPacked(event)
      schedule(partition)
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

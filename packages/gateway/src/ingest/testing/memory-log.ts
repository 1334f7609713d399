// An event log in memory for tests of the ingest core: appends can be held back or made to fail, and what was appended can
// be read as events.
import { type ChunkEvent, decodeChunk } from '@penstock/contract/stream'
import type { EventLog } from '@penstock/pipeline'

export interface MemoryLog {
  log: EventLog
  /** Chunks in the order of appending, with their partitions. */
  chunks: { partition: number; bytes: Uint8Array }[]
  events(): ChunkEvent[]
  /** The next appends (to one partition, or to any) fail with it until it is set to null again. */
  failWith(error: unknown, partition?: number): void
  /** Holds appends back (to one partition, or to any); the function lets them go on. */
  hold(partition?: number): () => void
}

export function createMemoryLog(options: { partitions?: number; logTime?: () => number } = {}): MemoryLog {
  const chunks: MemoryLog['chunks'] = []
  const { partitions = 1, logTime = () => 1_000 } = options
  let failure: unknown = null
  let failing: number | undefined
  let gate: Promise<void> | null = null
  let gated: number | undefined
  const unused = (): never => {
    throw new Error('ingest never calls this')
  }
  return {
    chunks,
    events: () => chunks.flatMap(({ bytes }) => decodeChunk(bytes)),
    failWith: (error, partition) => {
      failure = error
      failing = partition
    },
    hold(partition) {
      gated = partition
      let open: () => void = unused
      gate = new Promise((resolve) => {
        open = resolve
      })
      return () => {
        gate = null
        open()
      }
    },
    log: {
      partitions,
      async append(partition, bytes) {
        if (gate !== null && (gated ?? partition) === partition) await gate
        if (failure !== null && (failing ?? partition) === partition) throw failure as Error
        chunks.push({ partition, bytes })
        return { seq: chunks.length, logTime: logTime() }
      },
      read: unused,
      wait: unused,
      end: unused,
      timeAfter: unused,
      purge: unused,
      usage: unused,
      close: unused,
    },
  }
}

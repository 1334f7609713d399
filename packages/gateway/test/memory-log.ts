// An event log in memory, with the switches that tests need: a cap, a failure, a clock, appends that wait.
import { PipelineError, type EventLog, type LogMessage } from '@penstock/pipeline'

export interface MemoryLog extends EventLog {
  messages(partition?: number): LogMessage[]
  /** Every append rejects with this until it is null again. */
  failure: Error | null
  /** Appends resolve after this. */
  gate: Promise<void>
  capBytes: number
}

export function createMemoryLog(clock: () => number, partitions = 1): MemoryLog {
  const stored: LogMessage[][] = Array.from({ length: partitions }, () => [])
  const at = (partition: number) => stored[partition] as LogMessage[]
  const bytes = () => stored.flat().reduce((sum, message) => sum + message.chunk.length, 0)
  const log: MemoryLog = {
    partitions,
    failure: null,
    gate: Promise.resolve(),
    capBytes: 1 << 30,
    messages: (partition = 0) => at(partition),
    async append(partition, chunk) {
      await log.gate
      if (log.failure !== null) throw log.failure
      if (bytes() + chunk.length > log.capBytes) throw new PipelineError('full', 'log', 'at its cap')
      const messages = at(partition)
      const last = messages.at(-1)
      const message = {
        seq: (last?.seq ?? 0) + 1,
        logTime: Math.max(clock(), last?.logTime ?? 0),
        chunk: Uint8Array.from(chunk),
      }
      messages.push(message)
      return { seq: message.seq, logTime: message.logTime }
    },
    read: (partition, afterSeq, { maxMessages }) =>
      Promise.resolve(
        at(partition)
          .filter((message) => message.seq > afterSeq)
          .slice(0, maxMessages),
      ),
    wait: () => Promise.resolve(),
    end: (partition) => Promise.resolve({ lastSeq: at(partition).at(-1)?.seq ?? 0, observedAt: clock() }),
    timeAfter: (partition, afterSeq) =>
      Promise.resolve(at(partition).find((message) => message.seq > afterSeq)?.logTime ?? null),
    purge: () => Promise.resolve(),
    usage: () => Promise.resolve({ bytes: bytes(), capBytes: log.capBytes }),
    close: () => Promise.resolve(),
  }
  return log
}

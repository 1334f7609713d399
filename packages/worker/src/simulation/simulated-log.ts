// The event log of the model. The gateway's side is never at fault here; the worker's side may fail like every port. Keeps what
// was purged, so that the end can be compared with everything that was ever accepted.
import type { EventLog, LogMessage } from '@penstock/pipeline'
import type { FaultPlan, Incarnation } from './fault-plan.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface SimulatedLog {
  append(partition: number, chunk: Uint8Array): LogMessage
  /** The worker's side. */
  port(incarnation: Incarnation): EventLog
  /** Every message ever, purged ones included. */
  history(partition: number): readonly LogMessage[]
  purgedThrough(partition: number): number
}

export function createSimulatedLog(world: {
  partitions: number
  faults: FaultPlan
  time: VirtualTime
  random: SeededRandom
}): SimulatedLog {
  const { faults, time, random } = world
  const messages = Array.from({ length: world.partitions }, (): LogMessage[] => [])
  const purged = messages.map(() => 0)
  const waiting = new Set<() => void>()
  const of = (partition: number): LogMessage[] => messages[partition] as LogMessage[]
  const lastSeq = (partition: number): number => of(partition).at(-1)?.seq ?? 0

  function append(partition: number, chunk: Uint8Array): LogMessage {
    // Rises with every message, so that a replay is later than what it is a replay of, as with real clocks.
    const logTime = Math.max(time.now(), (of(partition).at(-1)?.logTime ?? 0) + 1)
    const message = { seq: lastSeq(partition) + random.integer(1, 3), logTime, chunk }
    of(partition).push(message)
    for (const wake of waiting) wake()
    waiting.clear()
    return message
  }

  function port(incarnation: Incarnation): EventLog {
    const after = (partition: number, seq: number): LogMessage[] =>
      of(partition).filter((message) => message.seq > Math.max(seq, purged[partition] ?? 0))
    return {
      partitions: world.partitions,
      append: () => Promise.reject(new Error('the worker appends nothing')),
      read: (partition, afterSeq, { maxBytes, maxMessages }) =>
        faults.one(incarnation, 'log', () => {
          const taken: LogMessage[] = []
          let bytes = 0
          for (const message of after(partition, afterSeq)) {
            bytes += message.chunk.length
            if (taken.length > 0 && (bytes > maxBytes || taken.length >= maxMessages)) break
            taken.push(message)
          }
          return taken
        }),
      wait: async (partition, afterSeq, timeoutMs, signal) => {
        if (lastSeq(partition) > afterSeq || incarnation.dead || signal?.aborted === true) return
        const appended = new Promise<void>((resolve) => {
          waiting.add(resolve)
        })
        const timer = new AbortController()
        const stopTimer = (): void => timer.abort('over')
        signal?.addEventListener('abort', stopTimer)
        await Promise.race([appended, time.sleep(timeoutMs, timer.signal)])
        signal?.removeEventListener('abort', stopTimer)
        timer.abort('over')
      },
      end: (partition) =>
        faults.one(incarnation, 'log', () => ({ lastSeq: lastSeq(partition), observedAt: time.now() })),
      timeAfter: (partition, afterSeq) =>
        faults.one(incarnation, 'log', () => after(partition, afterSeq)[0]?.logTime ?? null),
      purge: (partition, throughSeq) =>
        faults.one(incarnation, 'log', () => {
          purged[partition] = Math.max(purged[partition] ?? 0, throughSeq)
        }),
      usage: () => Promise.resolve({ bytes: 0, capBytes: 1 }),
      close: () => Promise.resolve(),
    }
  }

  return { append, port, history: of, purgedThrough: (partition) => purged[partition] ?? 0 }
}
